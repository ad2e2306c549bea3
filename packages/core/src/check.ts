import { EmbeddingGemmaError, show } from "./errors.ts";

/** @throws `INVALID_ARGUMENT` */
export function checkText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `A text must be a string; ${show(text)} was given.`,
    { text },
  );
}
