import { FaissStoreError } from "@embeddinggemma/faiss";
import type { DocumentInterface } from "@langchain/core/documents";

/** What a key of the metadata can be compared with. */
export type FilterValue = string | number | boolean | null;

/**
 * Chooses documents: a function that tells whether it wants one, or the values that keys of its
 * metadata must have, all of them.
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
 * @throws `INVALID_ARGUMENT` for what is no filter, such as the operators that other stores take in
 * an object
 */
export function documentPredicate(
  filter: DocumentFilter,
): (document: DocumentInterface) => boolean {
  if (typeof filter === "function") return filter;
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) {
    throw invalid("A filter must be a function or an object", filter);
  }
  const equalities = Object.entries(filter);
  for (const [key, value] of equalities) {
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) continue;
    throw invalid(
      `The filter value of ${JSON.stringify(key)} must be a string, number, boolean or null`,
      value,
    );
  }
  return ({ metadata }) => equalities.every(([key, value]) => metadata[key] === value);
}

function invalid(problem: string, given: unknown): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${problem}; ${JSON.stringify(given)} was given. For anything but equality, use a function ` +
      "of the document.",
    { given },
  );
}
