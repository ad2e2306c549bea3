import { EmbeddingGemmaError, show } from "./errors.ts";
import type { DocumentInput } from "./prompts.ts";

/** @throws `INVALID_INPUT` */
export function checkText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError("INVALID_INPUT", `A text must be a string; ${show(text)} was given.`, { text });
}

/** @throws `INVALID_INPUT` */
export function checkDocument(document: DocumentInput): DocumentInput {
  if (typeof document === "string") return document;
  const { title, text } = (document ?? {}) as { title?: unknown; text?: unknown };
  if (typeof text === "string" && (title === undefined || title === null || typeof title === "string")) return document;
  throw new EmbeddingGemmaError(
    "INVALID_INPUT",
    `A document must be a string or { title?: string, text: string }; ${show(document)} was given.`,
    { document },
  );
}
