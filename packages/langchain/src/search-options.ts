import { checkMaximalMarginalRelevanceOptions, checkSearchOptions } from "@embeddinggemma/faiss";
import { isRecord, type Rules, rules } from "@embeddinggemma/internal";
import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { MaxMarginalRelevanceSearchOptions } from "@langchain/core/vectorstores";
import { checkDiverseOptions } from "./check-arguments.ts";
import { storeChecker } from "./check-options.ts";
import type { DocumentFilter } from "./document-filter.ts";
import { recordFilter } from "./document-record.ts";
import { refuseSignal } from "./options-as-filter.ts";

/** Options of a search, beside `k` and the filter. */
export interface FaissSearchOptions {
  /** Finds only documents with at least this cosine, from -1 to 1. @default any cosine */
  minScore?: number | undefined;
  /** Ends the search, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of a search for documents that are relevant and different from each other. */
export interface FaissDiverseSearchOptions
  extends MaxMarginalRelevanceSearchOptions<DocumentFilter>,
    FaissSearchOptions {}

/** The store of `@embeddinggemma/faiss` checks `minScore`. */
const searchRules: Rules<FaissSearchOptions> = { minScore: rules.anything, signal: rules.signal };

/**
 * The options of a search for similar documents, as the store of `@embeddinggemma/faiss` takes
 * them, and the signal.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function similarityOptions(
  k: number,
  filter: DocumentFilter | undefined,
  options: FaissSearchOptions | Callbacks | undefined,
) {
  const { minScore, signal } = ownSearchOptions(options);
  refuseSignal(filter);
  const search = { k, filter: recordFilter(filter), minScore };
  checkSearchOptions(search);
  return { ...search, signal };
}

/**
 * The options of a search by maximal marginal relevance, as the store of `@embeddinggemma/faiss`
 * takes them, and the signal.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function diverseOptions(options: FaissDiverseSearchOptions | undefined) {
  checkDiverseOptions(options);
  const { filter, signal, ...others } = options ?? {}; // JavaScript allows to leave them out.
  const search = { ...others, filter: recordFilter(filter) };
  checkMaximalMarginalRelevanceOptions(search);
  return { ...search, signal };
}

/**
 * The options of a search. LangChain passes callbacks in their place, which have no effect, as in
 * LangChain's own stores.
 *
 * @throws `INVALID_ARGUMENT`
 */
function ownSearchOptions(given: FaissSearchOptions | Callbacks | undefined): FaissSearchOptions {
  if (given === undefined || given === null || isCallbacks(given)) return {};
  storeChecker.checkOptions(given, searchRules);
  return given;
}

function isCallbacks(given: FaissSearchOptions | Callbacks): given is Callbacks {
  return Array.isArray(given) || (isRecord(given) && typeof given.addHandler === "function");
}
