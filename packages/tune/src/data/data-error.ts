import type { EmbeddingGemmaError } from "@embeddinggemma/core";
import { invalidData } from "../check.ts";

/** Where in a file something is wrong. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line?: number | undefined;
}

/** The error for a file that cannot be used. */
export function dataInvalid(
  { file, line }: Place,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): EmbeddingGemmaError {
  const place = line === undefined ? { file } : { file, line };
  const where = line === undefined ? file : `${file}, line ${line}`;
  return invalidData(`${where}: ${message}`, { ...place, ...details }, cause);
}

/** `1 query`, `2 queries`. */
export function count(number: number, one: string, several = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}
