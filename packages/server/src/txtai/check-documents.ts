import { awaitHint, isDate, isObject } from "@embeddinggemma/internal";
import { checker } from "../checker.ts";

const { invalidArgument } = checker;

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` for what would fail each save that follows */
export function checkDocuments(documents: unknown): void {
  checkArray("documents", documents);
  for (const [position, document] of (documents as unknown[]).entries()) {
    const name = `documents[${position}]`;
    if (!isObject(document)) throw invalidArgument(name, document, "an object with a text `text`");
    const { text, title, id, ...fields } = document;
    if (typeof text !== "string") throw invalidArgument(`${name}.text`, text, "a string");
    if (typeof (title ?? "") !== "string")
      throw invalidArgument(`${name}.title`, title, "a string");
    const isId = typeof id === "string" ? id !== "" : Number.isSafeInteger(id ?? 0);
    if (!isId) throw invalidArgument(`${name}.id`, id, "a string, not empty, or a whole number");
    for (const [field, value] of Object.entries(fields))
      if (!isStorable(value))
        throw invalidArgument(`${name}.${field}`, value, "a value of JSON, or a valid Date");
  }
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkTexts(name: string, texts: unknown): void {
  checkArray(name, texts);
  for (const [position, text] of (texts as unknown[]).entries())
    if (typeof text !== "string") throw invalidArgument(`${name}[${position}]`, text, "a string");
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidArgument(name, value, "an array", awaitHint(value));
}

/** Deeper values cannot be stored; one that contains itself has no end. */
const maxDepth = 100;

function isStorable(value: unknown, depth = 0): boolean {
  if (depth > maxDepth) return false;
  if (value === undefined || value === null) return true;
  if (isDate(value)) return !Number.isNaN(value.getTime());
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((inner) => isStorable(inner, depth + 1));
  if (isObject(value)) return Object.values(value).every((inner) => isStorable(inner, depth + 1));
  return typeof value === "string" || typeof value === "boolean";
}
