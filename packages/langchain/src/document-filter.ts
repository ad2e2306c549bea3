import { isObject } from "@embeddinggemma/internal";
import {
  type FilterFault,
  inexpressible,
  type MetadataFilter,
  type MetadataPredicate,
  metadataPredicate,
} from "@embeddinggemma/internal/filters";
import type { DocumentInterface } from "@langchain/core/documents";
import { storeChecker } from "./check-options.ts";

/**
 * Chooses documents: a function that returns true for the documents you want, or an object that
 * says what their metadata must be.
 *
 * @example
 * (document) => document.pageContent.length > 100 && document.metadata.lang === "en"
 * @example
 * { lang: "en", year: { $gte: 1990 } }
 */
export type DocumentFilter = ((document: DocumentInterface) => boolean) | MetadataFilter;

/**
 * Turns an object into a function of the metadata.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function documentPredicate(filter: MetadataFilter): MetadataPredicate {
  if (!isObject(filter))
    throw storeChecker.invalidArgument("A filter", filter, "a function or an object");
  return metadataPredicate(filter, errorFor);
}

function errorFor({ argument, value, expected, advice }: FilterFault): Error {
  return storeChecker.invalidArgument(
    argument,
    value,
    expected,
    advice === inexpressible ? "For anything else, use a function of the document." : advice,
  );
}
