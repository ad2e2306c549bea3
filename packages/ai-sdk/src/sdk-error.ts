import { AISDKError, APICallError, InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider";
import { EmbeddingGemmaError } from "@embeddinggemma/core";

/** The SDK's error for one of core, which is its cause. Others stay, such as that of an abort. */
export function sdkError(error: unknown, modelId: string): unknown {
  if (!EmbeddingGemmaError.isInstance(error)) return error;
  const { code, message, details, name } = error;
  const all = { name, message, cause: error };
  if (code === "MODEL_NOT_FOUND") return noSuchModel(modelId, message, error);
  const named = String(details.option ?? Object.keys(details)[0]);
  const argument = code === "INPUT_TOO_LONG" ? "values" : named;
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

const aboutArguments = /^(INVALID_ARGUMENT|UNKNOWN_PROMPT|UNTRAINED_DIMENSION|INPUT_TOO_LONG)$/;
