import { isDate, isRecord, isSameValue } from "@embeddinggemma/internal";
import type { DocumentInterface } from "@langchain/core/documents";
import { storeChecker } from "./check-options.ts";

/**
 * A value that a key of the metadata can be compared with. A date in the metadata equals a `Date`,
 * or a string of ISO 8601, of the same time.
 */
export type FilterValue = string | number | boolean | null | Date;

/**
 * Chooses documents: a function that returns true for the documents you want, or an object with the
 * values that keys of their metadata must have. All keys must match.
 *
 * @example
 * (document) => document.metadata.year >= 1990 && document.metadata.lang === "en"
 * @example
 * { lang: "en", topic: "space" }
 */
export type DocumentFilter =
  | ((document: DocumentInterface) => boolean)
  | Readonly<Record<string, FilterValue>>;

/**
 * @throws `INVALID_ARGUMENT` for anything that is not a {@link DocumentFilter}, such as an object
 * with the operators of other stores
 */
export function documentPredicate(
  filter: DocumentFilter,
): (document: DocumentInterface) => boolean {
  if (typeof filter === "function") return filter;
  if (!isPlainObject(filter)) throw invalid("A filter", filter, "a function or an object");
  const equalities = Object.entries(filter);
  for (const [key, value] of equalities) {
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) continue;
    if (isDate(value) && !Number.isNaN(value.getTime())) continue;
    const name = `The filter value of ${JSON.stringify(key)}`;
    throw invalid(name, value, "a string, number, boolean, valid Date or null");
  }
  return ({ metadata }) => equalities.every(([key, value]) => isSameValue(metadata[key], value));
}

/** A `Map` or a `Date`, for example, has no keys to compare, so every document would pass. */
function isPlainObject(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function invalid(name: string, value: unknown, expected: string): Error {
  const hint = "For comparisons other than equality, use a function of the document.";
  return storeChecker.invalidArgument(name, value, expected, hint);
}
