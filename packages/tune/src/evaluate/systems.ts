import type { Embedder, EncodeOptions, Vector } from "@embeddinggemma/core";
import { invalidArgument, isObject, isRecord, show } from "../check.ts";

/**
 * What can be evaluated: an embedder, which compares all documents with each query; an embedder and
 * a store; or a retriever of LangChain.js or LlamaIndex.TS.
 */
export type RetrievalSystem = Embedder | StoreSystem | LangChainRetriever | LlamaIndexRetriever;

/** Several systems, by name. */
export type NamedSystems =
  | Readonly<Record<string, RetrievalSystem>>
  | ReadonlyMap<string, RetrievalSystem>;

/** A store that has the documents of the corpus, and what embeds queries for it. */
export interface StoreSystem {
  /** An `Embedder`, a `LazyEmbedder`, or any object with this method. */
  readonly embedder: QueryEmbedder;
  /** A `FaissStore` whose items have the ids of the corpus, or a store with the same `search`. */
  readonly store: SearchableStore;
  /** Options of each search. The number of hits is the largest cutoff of the metrics. */
  readonly search?:
    | { readonly oversample?: number | undefined; readonly minScore?: number | undefined }
    | undefined;
}

export interface QueryEmbedder {
  encodeQuery(query: string, options?: EncodeOptions): Promise<Vector>;
  /** If it is a string, it must be that of the store. */
  readonly identity?: unknown;
}

export interface SearchableStore {
  search(
    queries: readonly Vector[],
    options?: { k?: number; oversample?: number; minScore?: number },
  ): Promise<readonly (readonly StoreHit[])[]>;
  has?(id: string): boolean;
  checkEmbedding?(embedding: { identity?: string }): void;
}

export interface StoreHit {
  readonly id: string;
  /** Cosine of the query and the vector. */
  readonly score: number;
  readonly record?: unknown;
}

/** Any retriever of LangChain.js. */
export interface LangChainRetriever {
  invoke(query: string, options?: { signal?: AbortSignal }): Promise<readonly RetrievedDocument[]>;
}

/** A document of LangChain.js. */
export interface RetrievedDocument {
  readonly id?: string | undefined;
  readonly pageContent: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Any retriever of LlamaIndex.TS. */
export interface LlamaIndexRetriever {
  retrieve(params: { query: string }): Promise<readonly RetrievedNode[]>;
}

/** A node of LlamaIndex.TS with its score. */
export interface RetrievedNode {
  readonly node: {
    readonly id_: string;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly sourceNode?: { readonly nodeId: string } | undefined;
  };
  readonly score?: number | undefined;
}

/** A system, and what it is. */
export type KnownSystem =
  | { readonly kind: "embedder"; readonly name: string; readonly system: Embedder }
  | { readonly kind: "store"; readonly name: string; readonly system: StoreSystem }
  | { readonly kind: "langchain"; readonly name: string; readonly system: LangChainRetriever }
  | { readonly kind: "llamaindex"; readonly name: string; readonly system: LlamaIndexRetriever };

/**
 * One system or several, each with its name.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function knownSystems(given: RetrievalSystem | NamedSystems): KnownSystem[] {
  const one = known(given, defaultNames);
  if (one) return [one];
  const entries = given instanceof Map ? [...given] : isObject(given) ? Object.entries(given) : [];
  if (entries.length === 0) throw notASystem("system", given);
  return entries.map(([name, value]: [string, unknown]) => {
    if (typeof name !== "string") throw invalidArgument("The name of a system", name, "a string");
    const system = known(value, name);
    if (system) return system;
    throw notASystem(`The system ${show(name)}`, value);
  });
}

const defaultNames = {
  embedder: "embedder",
  store: "store",
  langchain: "retriever",
  llamaindex: "retriever",
};

function known(value: unknown, name: string | typeof defaultNames): KnownSystem | undefined {
  const kind = kindOf(value);
  if (kind === undefined) return undefined;
  const given = typeof name === "string" ? name : name[kind];
  return { kind, name: given, system: value } as KnownSystem;
}

function kindOf(value: unknown): KnownSystem["kind"] | undefined {
  const has = (object: unknown, ...methods: string[]) =>
    isRecord(object) && methods.every((method) => typeof object[method] === "function");
  if (has(value, "encodeQuery", "encodeDocument", "identityOf")) return "embedder";
  if (has(value, "invoke")) return "langchain";
  if (has(value, "retrieve")) return "llamaindex";
  if (!isObject(value)) return undefined;
  return has(value.store, "search") && has(value.embedder, "encodeQuery") ? "store" : undefined;
}

function notASystem(name: string, value: unknown): Error {
  return invalidArgument(
    name,
    value,
    "an Embedder, { embedder, store }, a retriever of LangChain.js or LlamaIndex.TS, or an " +
      "object or Map of these",
    embedderHint(value),
  );
}

/** What to do with something that is nearly an embedder. */
export function embedderHint(value: unknown): string | undefined {
  if (value instanceof Promise) return "Add the missing `await`.";
  const isLazy = isRecord(value) && typeof value.get === "function" && "encodeQuery" in value;
  return isLazy ? "Pass the embedder that it loads: `await lazyEmbedder.get()`." : undefined;
}
