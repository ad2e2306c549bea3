import type { DocumentInput } from "@embeddinggemma/core";
import { isRecord, show } from "@embeddinggemma/internal";
import { dataInvalid } from "./data-error.ts";
import type { Row } from "./read-rows.ts";

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The value of a row under one of several names.
 *
 * @param keys - the names, the first one that the row has counts
 * @throws EmbeddingGemmaError `DATA_INVALID` if the row has none of them
 */
export function fieldOf(row: Row, keys: readonly string[]): unknown {
  const key = keys.find((name) => Object.hasOwn(row.values, name) && row.values[name] !== null);
  if (key !== undefined) return row.values[key];
  const found = Object.keys(row.values).map((name) => `\`${name}\``);
  const given = found.length === 0 ? "it has no keys" : `it has ${found.join(", ")}`;
  throw dataInvalid(row, `${orOf(keys)} is missing; ${given}.`, { keys, found: found.length });
}

/** @throws EmbeddingGemmaError `DATA_INVALID` unless the value is a string */
export function textOf(row: Row, keys: readonly string[]): string {
  const value = fieldOf(row, keys);
  if (typeof value === "string") return value;
  throw dataInvalid(row, `${orOf(keys)} must be a string; ${show(value)} was found.`);
}

/** An id as text: Python's readers take numbers, too. */
export function idOf(row: Row, keys: readonly string[]): string {
  const value = fieldOf(row, keys);
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id === "string" && id !== "") return id;
  throw dataInvalid(
    row,
    `${orOf(keys)} must be a string that is not empty; ${show(id)} was found.`,
  );
}

/** @throws EmbeddingGemmaError `DATA_INVALID` unless the value is a finite number */
export function numberOf(row: Row, keys: readonly string[]): number {
  const value = fieldOf(row, keys);
  const parsed = typeof value === "string" ? parseNumber(value) : value;
  if (typeof parsed === "number" && Number.isFinite(parsed)) return parsed;
  throw dataInvalid(row, `${orOf(keys)} must be a number; ${show(value)} was found.`);
}

/** @throws EmbeddingGemmaError `DATA_INVALID` unless the value is a text or `{ title, text }` */
export function documentOf(row: Row, keys: readonly string[]): DocumentInput {
  return checkedDocument(row, orOf(keys), fieldOf(row, keys));
}

/** @param name - of the value, for an error */
export function checkedDocument(row: Row, name: string, value: unknown): DocumentInput {
  if (typeof value === "string") return value;
  if (isRecord(value) && typeof value.text === "string") {
    const { title, text } = value;
    if (title === undefined || title === null || title === "") return text as string;
    if (typeof title === "string") return { title, text: text as string };
  }
  const expected = 'a string or `{ "title", "text" }`';
  throw dataInvalid(row, `${name} must be ${expected}; ${show(value)} was found.`);
}

/** @returns undefined unless the text is a finite decimal number */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return number.test(trimmed) && Number.isFinite(value) ? value : undefined;
}

function orOf(keys: readonly string[]): string {
  return keys.map((key) => `\`${key}\``).join(" or ");
}
