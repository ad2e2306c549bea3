import { checkerFor } from "@embeddinggemma/internal";
import { EmbeddingGemmaError, show } from "./errors.ts";

export { isRecord, oneOf, type Rule, type Rules, rules } from "@embeddinggemma/internal";

export const { checkOptions, invalidArgument } = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

/** @throws `INVALID_ARGUMENT` */
export function checkText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `A text must be a string; ${show(text)} was given.`,
    { text },
  );
}
