import { AsyncLocalStorage } from "node:async_hooks";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { defined, oneOf, type Rule, type Rules, rules, show } from "@embeddinggemma/internal";
import {
  type CallbackManagerForRetrieverRun,
  type Callbacks,
  parseCallbackConfigArg,
} from "@langchain/core/callbacks/manager";
import type { DocumentInterface } from "@langchain/core/documents";
import type { BaseRetrieverInput } from "@langchain/core/retrievers";
import { ensureConfig, type RunnableConfig } from "@langchain/core/runnables";
import { type VectorStoreInterface, VectorStoreRetriever } from "@langchain/core/vectorstores";
import { storeChecker } from "./check-options.ts";
import type { DocumentFilter } from "./document-filter.ts";
import type { FaissDiverseSearchOptions, FaissSearchOptions } from "./search-options.ts";

/** What a retriever passes on to a search. `k` and `filter` take precedence over its own. */
export interface FaissRetrieverKwargs extends Partial<FaissDiverseSearchOptions> {
  /** `similarity_score_threshold`: finds only documents with at least this cosine. */
  scoreThreshold?: number | undefined;
}

/** Options of `asRetriever`. */
export interface FaissRetrieverFields extends BaseRetrieverInput {
  /** Maximum number of documents. @default 4 */
  k?: number | undefined;
  filter?: DocumentFilter | undefined;
  /**
   * `similarity`, `mmr` (maximal marginal relevance), or LangChain for Python's
   * `similarity_score_threshold`.
   *
   * @default "similarity"
   */
  searchType?: "similarity" | "similarity_score_threshold" | "mmr" | undefined;
  /**
   * `minScore`; with `mmr` also `fetchK` and `lambda`; with `similarity_score_threshold` instead
   * `scoreThreshold`, which is required there.
   */
  searchKwargs?: Omit<FaissRetrieverKwargs, "signal"> | undefined;
}

/** What `asRetriever` takes behind `k`, as in LangChain; without effect behind an object. */
export type RetrieverArguments = [
  filter?: DocumentFilter,
  callbacks?: Callbacks,
  tags?: string[],
  metadata?: Record<string, unknown>,
  verbose?: boolean,
];

/** The options that the arguments of `asRetriever` stand for. */
export function retrieverFields(
  kOrFields: number | FaissRetrieverFields | null | undefined,
  [filter, callbacks, tags, metadata, verbose]: RetrieverArguments,
): FaissRetrieverFields {
  if (typeof kOrFields === "object" && kOrFields !== null) return kOrFields;
  const fields = { k: kOrFields, filter, callbacks, tags, metadata, verbose };
  return fields as FaissRetrieverFields;
}

/** The methods of a store that the retriever calls. */
interface RetrievableStore {
  similaritySearch(
    query: string,
    k: number,
    filter: DocumentFilter | undefined,
    options: FaissSearchOptions,
  ): Promise<DocumentInterface[]>;
  maxMarginalRelevanceSearch(
    query: string,
    options: FaissDiverseSearchOptions,
  ): Promise<DocumentInterface[]>;
}

/** A retriever that keeps to score thresholds, and passes the signal of a run to the search. */
export class FaissStoreRetriever<V extends VectorStoreInterface> extends VectorStoreRetriever<V> {
  /** @throws `INVALID_ARGUMENT` */
  constructor(vectorStore: V, fields: FaissRetrieverFields) {
    checkFields(fields);
    const { searchType, searchKwargs, ...others } = defined(fields);
    super({ ...others, vectorStore } as ConstructorParameters<typeof VectorStoreRetriever<V>>[0]);
    this.searchType = searchType ?? "similarity";
    this.searchKwargs = defined(searchKwargs ?? {});
  }

  override invoke(
    input: string,
    options?: Partial<RunnableConfig> | Callbacks,
  ): Promise<DocumentInterface[]> {
    const config = ensureConfig<RunnableConfig>(parseCallbackConfigArg(options));
    return signals.run(config.signal, () => super.invoke(input, config));
  }

  override _getRelevantDocuments(
    query: string,
    _runManager?: CallbackManagerForRetrieverRun,
  ): Promise<DocumentInterface[]> {
    const signal = signals.getStore();
    const store = this.vectorStore as unknown as RetrievableStore;
    const {
      k = this.k,
      filter = this.filter as DocumentFilter | undefined,
      scoreThreshold,
      minScore = scoreThreshold,
      ...diverse
    }: FaissRetrieverKwargs = this.searchKwargs ?? {};
    return this.searchType === "mmr"
      ? store.maxMarginalRelevanceSearch(
          query,
          defined({ ...diverse, k, filter, minScore, signal }),
        )
      : store.similaritySearch(query, k, filter, { minScore, signal });
  }
}

/** The signal of the run that asks for documents: LangChain's retrievers do not pass it on. */
const signals = new AsyncLocalStorage<AbortSignal | undefined>();

const fieldRules: Rules<FaissRetrieverFields> = {
  k: rules.anything,
  filter: rules.anything,
  searchType: oneOf(["similarity", "similarity_score_threshold", "mmr"]),
  searchKwargs: rules.object,
  callbacks: rules.anything,
  tags: rules.anything,
  metadata: rules.anything,
  verbose: rules.anything,
};

/** What each search type takes. The searches check `k`, `filter`, `fetchK` and `lambda`. */
const kwargsRules: Record<string, Readonly<Record<string, Rule>>> = {
  similarity: { k: rules.anything, filter: rules.anything, minScore: rules.leastCosine },
  similarity_score_threshold: {
    k: rules.anything,
    filter: rules.anything,
    scoreThreshold: { ...rules.leastCosine, required: true },
  },
  mmr: {
    k: rules.anything,
    filter: rules.anything,
    minScore: rules.leastCosine,
    fetchK: rules.anything,
    lambda: rules.anything,
  },
};

function checkFields(fields: FaissRetrieverFields): void {
  refuseKwargsIn(fields);
  storeChecker.checkOptions(fields, fieldRules);
  const { searchType = "similarity", searchKwargs = {} } = fields;
  const own = kwargsRules[searchType]!;
  for (const name of Object.keys(defined(searchKwargs))) {
    const other = Object.keys(kwargsRules).find((type) => Object.hasOwn(kwargsRules[type]!, name));
    if (Object.hasOwn(own, name) || other === undefined) continue;
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `searchKwargs.${name} has no effect with the search type "${searchType}", only with ` +
        `"${other}". Leave it out, or set searchType: "${other}".`,
      { [name]: searchKwargs[name as keyof typeof searchKwargs], searchType },
    );
  }
  storeChecker.checkOptions(searchKwargs, own as Rules<typeof searchKwargs>);
}

/** @throws `INVALID_ARGUMENT` for an option of searches that is not in `searchKwargs` */
function refuseKwargsIn(fields: object): void {
  const kwargs = Object.values(kwargsRules).flatMap((own) => Object.keys(own));
  const isMisplaced = (name: string) => kwargs.includes(name) && !Object.hasOwn(fieldRules, name);
  const name = Object.keys(defined(fields)).find(isMisplaced);
  if (name === undefined) return;
  const value = (fields as Record<string, unknown>)[name];
  const advice = `Put it into searchKwargs: { ${name}: ${show(value)} }.`;
  throw storeChecker.invalidArgument(name, value, "left out here", advice);
}
