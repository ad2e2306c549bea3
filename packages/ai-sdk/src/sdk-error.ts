import { AISDKError, APICallError, InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider";
import { EmbeddingGemmaError } from "@embeddinggemma/core";

/** The SDK's error for one of core, which is its cause. Others stay, such as that of an abort. */
export function sdkError(error: unknown, modelId: string): unknown {
  if (!EmbeddingGemmaError.isInstance(error)) return error;
  const { code, details } = error;
  const message = inTermsOfSdk(error.message);
  const all = { name: "AI_EmbeddingGemmaError", message, cause: error };
  if (code === "MODEL_NOT_FOUND") return noSuchModel(modelId, message, error);
  const named = details.option ?? Object.keys(details)[0];
  const argument = argumentOf[code] ?? String(named);
  if (aboutArguments.test(code)) return new InvalidArgumentError({ ...all, argument });
  if (code !== "SERVER_FAILED") return new AISDKError(all);
  const status = typeof details.status === "number" && { statusCode: details.status };
  const request = { url: String(details.url), requestBodyValues: {}, ...status };
  return new APICallError({ ...all, ...request, isRetryable: false }); // Core has tried again.
}

export function noSuchModel(modelId: string, message: string, cause?: unknown): NoSuchModelError {
  const error = new NoSuchModelError({ modelId, modelType: "embeddingModel", message });
  return Object.assign(error, { cause }); // Its constructor takes none.
}

/** What core's options are called here. */
function inTermsOfSdk(message: string): string {
  return message
    .replace("set allowUntrainedDim", "set allowUntrainedDim in createEmbeddingGemma")
    .replace("pass its text as `prompt`", "pass `task: { prompt }`");
}

const argumentOf: Record<string, string> = { UNKNOWN_PROMPT: "task", INPUT_TOO_LONG: "values" };
const aboutArguments = /^(INVALID_ARGUMENT|UNKNOWN_PROMPT|UNTRAINED_DIMENSION|INPUT_TOO_LONG)$/;
