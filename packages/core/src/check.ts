import { checkerFor } from "@embeddinggemma/internal";
import { EmbeddingGemmaError, show } from "./errors.ts";

export {
  isObject,
  isRecord,
  isUrl,
  nearestOption,
  oneOf,
  type Rule,
  type Rules,
  rules,
} from "@embeddinggemma/internal";

export const { checkOptions, invalidArgument } = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

/**
 * @param name - which text, in error messages
 * @throws `INVALID_ARGUMENT`
 */
export function checkText(text: unknown, name = "A text", hint?: string): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${name} must be a string; ${show(text)} was given.${hint ? ` ${hint}` : ""}`,
    { text },
  );
}
