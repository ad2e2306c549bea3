import { checkOptions, integer, invalidArgument, type Rule, type Rules, rules } from "../check.ts";
import { oversample } from "../options.ts";
import { isVector } from "../rows/unit-vector.ts";
import type {
  FaissStoreFilter,
  MaximalMarginalRelevanceOptions,
  SearchOptions,
  Vector,
} from "../types.ts";

const filter: Rule = {
  ...rules.callback,
  expected: "a function of a record and an id",
  hint: (value) =>
    typeof value === "object"
      ? 'Write (record) => record.lang === "en", for example. Objects are for the stores of the ' +
        "frameworks."
      : undefined,
};

const searchRules: Rules<SearchOptions<unknown>> = {
  k: integer(1),
  filter,
  minScore: rules.leastCosine,
  oversample,
};

const diverseRules: Rules<MaximalMarginalRelevanceOptions<unknown>> = {
  k: integer(1),
  fetchK: integer(1),
  lambda: rules.fraction,
  filter,
  minScore: rules.leastCosine,
};

/**
 * The queries of a search as an array.
 *
 * @returns the queries, and whether a single one was given, not an array of queries
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkQueries(query: Vector | readonly Vector[]): {
  queries: readonly Vector[];
  isOne: boolean;
} {
  if (isVector(query) && query.length > 0) return { queries: [query], isOne: true };
  if (Array.isArray(query)) return { queries: [...query], isOne: false };
  throw invalidArgument("The query of search", query, "a vector or an array of vectors");
}

/** {@link SearchOptions} with its defaults. */
export interface CheckedSearchOptions<R> {
  k: number;
  minScore: number;
  filter: FaissStoreFilter<R> | undefined;
  oversample: number | undefined;
}

/**
 * Checks options as `FaissStore.search` does, so that you find a mistake before you embed a query.
 *
 * @returns the options with their defaults
 * @throws FaissStoreError `INVALID_ARGUMENT`
 * @example
 * checkSearchOptions({ k: 5, minScore: 0.5 });
 */
export function checkSearchOptions<R>(options: SearchOptions<R>): CheckedSearchOptions<R> {
  checkOptions(options as SearchOptions<unknown>, searchRules);
  const { k = 10, minScore = Number.NEGATIVE_INFINITY, filter, oversample } = options;
  return { k, minScore, filter, oversample };
}

/** {@link MaximalMarginalRelevanceOptions} with its defaults. */
export interface CheckedMaximalMarginalRelevanceOptions<R> {
  k: number;
  fetchK: number;
  lambda: number;
  filter: FaissStoreFilter<R> | undefined;
  minScore: number;
}

/**
 * Checks options as `FaissStore.maximalMarginalRelevance` does, so that you find a mistake before
 * you embed the query.
 *
 * @returns the options with their defaults
 * @throws FaissStoreError `INVALID_ARGUMENT`
 * @example
 * checkMaximalMarginalRelevanceOptions({ k: 5, lambda: 0.3 });
 */
export function checkMaximalMarginalRelevanceOptions<R>(
  options: MaximalMarginalRelevanceOptions<R>,
): CheckedMaximalMarginalRelevanceOptions<R> {
  checkOptions(options as MaximalMarginalRelevanceOptions<unknown>, diverseRules);
  const { k = 4, lambda = 0.5, filter, minScore = Number.NEGATIVE_INFINITY } = options;
  const { fetchK = Math.max(20, k) } = options;
  return { k, fetchK, lambda, filter, minScore };
}
