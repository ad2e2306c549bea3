import { EmbeddingGemmaError, show } from "./errors.ts";

/** @throws `INVALID_INPUT` */
export function checkText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError(
    "INVALID_INPUT",
    `A text must be a string; ${show(text)} was given.`,
    { text },
  );
}
