import { type FaissStore, FaissStoreError, type FaissStoreFilter } from "@embeddinggemma/faiss";
import { isRecord, type Rules, rules, show } from "@embeddinggemma/internal";
import type { VectorStoreQuery, VectorStoreQueryResult } from "@llamaindex/core/vector-store";
import { isVector, storeChecker } from "./check-options.ts";
import { checkedRecord, type NodeRecord, nodeOf } from "./node-record.ts";

const { checkOptions, invalidArgument } = storeChecker;

/** `customParams` of a query. */
export interface FaissQueryParams {
  /**
   * Mode `mmr`: how many of the best nodes to choose from.
   *
   * @default 20, or `similarityTopK` if that is more
   */
  fetchK?: number | undefined;
  /**
   * Mode `mmr`: overrides the query's own `mmrThreshold`, which LlamaIndex's retrievers do not set.
   */
  mmrThreshold?: number | undefined;
  /** Mode `default`: only nodes with at least this cosine, from -1 to 1. */
  minScore?: number | undefined;
}

/** A query with the names that `@embeddinggemma/faiss` uses. */
export interface CheckedQuery {
  mode: "default" | "mmr";
  queryEmbedding: number[];
  k: number;
  lambda: number | undefined;
  fetchK: number | undefined;
  minScore: number | undefined;
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkQuery(query: VectorStoreQuery<FaissQueryParams>): CheckedQuery {
  checkOptions(query, queryRules);
  const { mode, queryEmbedding, similarityTopK, mmrThreshold, customParams = {} } = query;
  checkQueryEmbedding(queryEmbedding);
  checkCustomParams(customParams, mode);
  if (mode !== "default" && mode !== "mmr")
    throw invalidArgument("mode", mode, '"default" or "mmr"');
  return {
    mode,
    queryEmbedding,
    k: similarityTopK,
    lambda: customParams.mmrThreshold ?? mmrThreshold,
    fetchK: customParams.fetchK,
    minScore: customParams.minScore,
  };
}

/** Finds nodes. Similarities are cosines. */
export async function queryStore(
  store: FaissStore<NodeRecord>,
  { mode, queryEmbedding, k, lambda, fetchK, minScore }: CheckedQuery,
  filter: FaissStoreFilter<NodeRecord> | undefined,
): Promise<VectorStoreQueryResult> {
  const hits =
    mode === "mmr"
      ? await store.maximalMarginalRelevance(queryEmbedding, { k, filter, lambda, fetchK })
      : await store.search(queryEmbedding, { k, filter, minScore });
  return {
    nodes: hits.map(({ id, record }) => nodeOf(checkedRecord(record, id))),
    similarities: hits.map(({ score }) => score),
    ids: hits.map(({ id }) => id),
  };
}

/** Also for an empty store, which compares nothing: an embedding model that fails must be seen. */
function checkQueryEmbedding(vector: unknown): asserts vector is number[] {
  if (!isVector(vector)) throw invalidArgument("queryEmbedding", vector, "a vector");
  const position = vector.findIndex((value) => !Number.isFinite(value));
  if (vector.length > 0 && position < 0) return;
  const found =
    vector.length === 0
      ? "has no numbers"
      : `has ${show(vector[position])} at position ${position}`;
  throw new FaissStoreError(
    "INVALID_VECTOR",
    `The queryEmbedding must have finite numbers, but it ${found}. The embedding model of the ` +
      "query made it: check what its `getQueryEmbedding` returns.",
    { length: vector.length, ...(position >= 0 && { position }) },
  );
}

function checkCustomParams(customParams: FaissQueryParams, mode: string): void {
  if (!isRecord(customParams)) throw invalidArgument("customParams", customParams, "an object");
  checkOptions(customParams, customParamsRules);
  const others = { default: ["fetchK", "mmrThreshold"], mmr: ["minScore"] }[mode] ?? [];
  const other = others.find((name) => customParams[name as keyof FaissQueryParams] !== undefined);
  if (other === undefined) return;
  const otherMode = mode === "mmr" ? "default" : "mmr";
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `customParams.${other} has no effect in mode "${mode}", only in mode "${otherMode}". ` +
      "Leave it out, or set the other mode.",
    { [other]: customParams[other as keyof FaissQueryParams], mode },
  );
}

const { anything, fraction } = rules;

/** The fields of a query. A misspelled one would find other nodes. */
const queryRules: Rules<VectorStoreQuery<FaissQueryParams>> = {
  queryEmbedding: anything,
  similarityTopK: rules.count,
  docIds: anything,
  queryStr: anything,
  mode: anything,
  alpha: anything,
  filters: anything,
  mmrThreshold: fraction,
  customParams: anything,
};

const customParamsRules: Rules<FaissQueryParams> = {
  fetchK: rules.count,
  mmrThreshold: fraction,
  minScore: rules.leastCosine,
};
