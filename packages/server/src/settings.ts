import { type Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { awaitHint, isRecord, type Rule, type Rules, rules } from "@embeddinggemma/internal";
import { checker } from "./checker.ts";
import { allowedOrigins, expectedOrigin, isOrigin } from "./http/allowed-origins.ts";
import type { AppOptions, AppSettings } from "./options.ts";
import { noPromptNamed } from "./prompt.ts";

const { checkOptions } = checker;

/**
 * Checks options and completes them.
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, `UNKNOWN_PROMPT`
 */
export function settingsOf(embedder: Embedder, options: AppOptions): AppSettings {
  if (!isRecord(embedder) || typeof embedder.encode !== "function") {
    const expected = "an Embedder, the result of `await Embedder.load(…)`";
    throw checker.invalidArgument("embedder", embedder, expected, awaitHint(embedder));
  }
  checkOptions(options, appRules);
  refuseUnsendable(options.apiKey);
  return {
    servedModelName: options.servedModelName ?? embedder.model,
    maxConcurrentRequests: options.maxConcurrentRequests ?? 512,
    maxBatchTokens: options.maxBatchTokens,
    maxClientBatchSize: options.maxClientBatchSize ?? 32,
    maxOpenAIBatchSize: options.maxOpenAIBatchSize ?? 2048,
    autoTruncate: options.autoTruncate ?? true,
    defaultPrompt: defaultPromptOf(embedder, options),
    payloadLimit: options.payloadLimit ?? 2_000_000,
    openAIPayloadLimit: options.openAIPayloadLimit ?? 32_000_000,
    allowedOrigins: allowedOrigins(options.corsAllowOrigin),
  };
}

function defaultPromptOf(
  { prompts }: Embedder,
  { defaultPrompt, defaultPromptName }: AppOptions,
): string {
  if (defaultPromptName === undefined) return defaultPrompt ?? "";
  if (defaultPrompt !== undefined) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "Set either `defaultPrompt` or `defaultPromptName`, not both.",
      { defaultPrompt, defaultPromptName },
    );
  }
  if (Object.hasOwn(prompts, defaultPromptName)) return prompts[defaultPromptName]!;
  throw new EmbeddingGemmaError("UNKNOWN_PROMPT", noPromptNamed(defaultPromptName, { prompts }), {
    promptName: defaultPromptName,
    promptNames: Object.keys(prompts),
  });
}

/** Without the key in the message, which can get into a log. */
function refuseUnsendable(apiKey: string | undefined): void {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return;
  const fault = /\s$/.test(apiKey)
    ? "it ends in white space, such as a line break"
    : "yours has other ones";
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `apiKey must have only ASCII characters, and no spaces, so that clients can send it; ${fault}.`,
  );
}

const text: Rule = {
  expected: "a string with at least one character",
  accepts: (value) => typeof value === "string" && value !== "",
};

const appRules: Rules<AppOptions> = {
  servedModelName: text,
  maxConcurrentRequests: rules.count,
  maxBatchTokens: rules.count,
  maxClientBatchSize: rules.count,
  maxOpenAIBatchSize: rules.count,
  autoTruncate: rules.flag,
  defaultPromptName: text,
  defaultPrompt: rules.text,
  payloadLimit: rules.count,
  openAIPayloadLimit: rules.count,
  apiKey: text,
  corsAllowOrigin: {
    expected: `${expectedOrigin}; or an array of these`,
    accepts: (value) =>
      [value].flat().every((origin) => typeof origin === "string" && isOrigin(origin)),
  },
  index: { expected: "a DocumentIndex", accepts: isRecord },
  content: rules.flag,
  metrics: {
    expected: "metrics, such as those of ServerMetrics.create",
    accepts: (value) => isRecord(value) && typeof value.render === "function",
  },
  onRequest: rules.callback,
};
