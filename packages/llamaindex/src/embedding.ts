import {
  type DocumentInput,
  type Embedder,
  type EncodeOptions,
  type EncodeProgress,
  LazyEmbedder,
  type LazyEmbedderOptions,
} from "@embeddinggemma/core";
import {
  createWith,
  defaultTitleKey,
  defined,
  isRecord,
  type Rules,
  rules,
  toNumbers,
  withTitleKey,
} from "@embeddinggemma/internal";
import { BaseEmbedding, type BaseEmbeddingOptions } from "@llamaindex/core/embeddings";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import { type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import { extractSingleText } from "@llamaindex/core/utils";
import { embeddingChecker } from "./check-options.ts";

/**
 * Options of {@link EmbeddingGemmaEmbedding}: the options of `Embedder.load`, a `url` and the
 * options of `Embedder.connect`, or an `embedder` that is already loaded, and `titleKey`.
 */
export interface EmbeddingGemmaEmbeddingParams extends LazyEmbedderOptions {
  /**
   * The metadata key with a node's title. The title goes into the title slot of the document
   * prompt instead of the metadata before the text. List the key in `excludedEmbedMetadataKeys` of
   * a node to leave its title out.
   *
   * @default "title"
   */
  titleKey?: string | undefined;
  /**
   * Called after each batch of documents, also where LlamaIndex has no `progressCallback`, such as
   * in `VectorStoreIndex.fromDocuments`. `onDownloadProgress` reports downloads.
   */
  onEncodeProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** Options of a call that embeds documents or nodes: LlamaIndex's, and `signal`. */
export interface EmbedCallOptions extends BaseEmbeddingOptions {
  /** Aborts the call before its next batch. It then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A tokenizer as LlamaIndex's text splitters take it. */
export interface Tokenizer {
  encode(text: string): Uint32Array;
  decode(tokens: Uint32Array): string;
}

/**
 * A LlamaIndex embedding model with EmbeddingGemma or another Sentence Transformers model. It runs
 * locally and is loaded with the first text, or it runs on a server (`url`). Queries and documents
 * get the prompts that the model was trained with.
 *
 * `embedBatchSize` has no effect, because the embedder makes its own batches by tokens. Errors are
 * those of `@embeddinggemma/core`. An abort of `signal` rejects all calls, also those of LlamaIndex
 * that have no signal themselves, such as `VectorStoreIndex.fromDocuments`.
 *
 * @example
 * Settings.embedModel = new EmbeddingGemmaEmbedding({ truncateDim: 256 });
 * @example
 * Settings.embedModel = new EmbeddingGemmaEmbedding({ url: "http://localhost:8080" });
 */
export class EmbeddingGemmaEmbedding extends BaseEmbedding {
  readonly titleKey: string;
  readonly onEncodeProgress: ((progress: EncodeProgress) => void) | undefined;
  readonly #embedder: LazyEmbedder;

  /**
   * Configures the embedding model. This does not load it.
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for everything that can be checked without
   * the model
   * @example
   * const embedding = new EmbeddingGemmaEmbedding({ dtype: "q4", truncateDim: 256 });
   */
  constructor(params: EmbeddingGemmaEmbeddingParams = {}) {
    super((nodes, options) => this.#embedNodes(nodes, options));
    this.#embedder = createWith(
      embeddingChecker,
      ownRules,
      params,
      (others: LazyEmbedderOptions) => new LazyEmbedder(others),
    );
    this.titleKey = params.titleKey ?? defaultTitleKey;
    this.onEncodeProgress = params.onEncodeProgress;
  }

  /** Embeds a query. Returns null for a query without text, as LlamaIndex expects. */
  override async getQueryEmbedding(query: MessageContentDetail): Promise<number[] | null> {
    const text = textOf(query);
    return text ? toNumbers(await this.#embedder.encodeQuery(text)) : null;
  }

  /** Embeds one document. */
  async getTextEmbedding(text: string): Promise<number[]> {
    checkText("text", text);
    return (await this.#encodeDocuments([text]))[0]!;
  }

  /** Embeds documents. */
  // A property, because the base class sets a property that would hide a method.
  override getTextEmbeddings = (texts: string[]): Promise<number[][]> => this.#encodeTexts(texts);

  /**
   * Embeds documents and reports progress.
   *
   * @param options - `signal`, and LlamaIndex's `progressCallback`, `logProgress` and `logger`
   */
  override getTextEmbeddingsBatch(
    texts: string[],
    options?: EmbedCallOptions,
  ): Promise<number[][]> {
    return this.#encodeTexts(texts, options);
  }

  /**
   * Embeds documents as `Float32Array`s.
   *
   * @param options - options of `Embedder.encodeDocument`, such as `signal` or another prompt
   */
  async encodeTexts(texts: readonly string[], options?: EncodeOptions): Promise<Float32Array[]> {
    checkTexts(texts);
    const onProgress = (progress: EncodeProgress) => {
      this.onEncodeProgress?.(progress);
      options?.onProgress?.(progress);
    };
    return this.#embedder.encodeDocument(texts, { ...defined(options ?? {}), onProgress });
  }

  /**
   * The model's tokenizer, for text splitters.
   *
   * @example
   * const tokenizer = await embedding.tokenizer();
   * const splitter = new SentenceSplitter({ chunkSize: 256, chunkOverlap: 32, tokenizer });
   */
  async tokenizer(): Promise<Tokenizer> {
    const { tokenizer } = await this.load();
    return {
      encode: (text) => Uint32Array.from(tokenizer.encode(text)),
      decode: (tokens) => tokenizer.decode(Array.from(tokens)),
    };
  }

  /**
   * Describes everything that determines the vectors of nodes: model, revision, dtype, dimension,
   * prompts, and the `titleKey`. Do not mix vectors with different identities.
   */
  async identity(): Promise<string> {
    return withTitleKey(await this.#embedder.identity(), this.titleKey);
  }

  /**
   * Describes everything that determines the vectors of queries: the identity, and an adapter that
   * changes queries alone. For your own cache of them.
   */
  queryIdentity(): Promise<string> {
    return this.#embedder.queryIdentity();
  }

  /** How many numbers a vector has. */
  dimension(): Promise<number> {
    return this.#embedder.dimension();
  }

  /** Loads the model now. The embedder offers more than LlamaIndex's interface. */
  load(): Promise<Embedder> {
    return this.#embedder.get();
  }

  /** Frees the model. An `embedder` that you passed stays loaded. */
  dispose(): Promise<void> {
    return this.#embedder.dispose();
  }

  async #embedNodes(nodes: BaseNode[], options?: EmbedCallOptions): Promise<BaseNode[]> {
    checkArray("nodes", nodes, "an array of nodes");
    for (const [index, node] of nodes.entries()) checkNode(`nodes[${index}]`, node);
    const documents = nodes.map((node) => documentOf(node, this.titleKey));
    const embeddings = await this.#encodeDocuments(documents, options);
    nodes.forEach((node, index) => {
      node.embedding = embeddings[index];
    });
    return nodes;
  }

  async #encodeTexts(texts: string[], options?: EmbedCallOptions): Promise<number[][]> {
    checkTexts(texts);
    return this.#encodeDocuments(texts, options);
  }

  async #encodeDocuments(
    documents: readonly DocumentInput[],
    options: EmbedCallOptions = {},
  ): Promise<number[][]> {
    const vectors = await this.#embedder.encodeDocument(documents, {
      signal: options?.signal,
      onProgress: (progress) => {
        this.onEncodeProgress?.(progress);
        reportProgress(progress, options ?? {});
      },
    });
    return vectors.map(toNumbers);
  }
}

const ownRules: Rules<Omit<EmbeddingGemmaEmbeddingParams, keyof LazyEmbedderOptions>> = {
  titleKey: rules.text,
  onEncodeProgress: rules.callback,
};

/** LlamaIndex passes a part of a message. Callers in JavaScript also pass a text. */
function textOf(query: MessageContentDetail | string): string | null {
  if (typeof query === "string") return query;
  if (typeof query?.type === "string") return extractSingleText(query);
  throw embeddingChecker.invalidArgument("query", query, '{ type: "text", text: "…" } or a string');
}

function checkTexts(texts: readonly string[]): void {
  checkArray("texts", texts, "an array of texts");
  for (const [index, text] of texts.entries()) checkText(`texts[${index}]`, text);
}

function checkNode(name: string, node: unknown): void {
  const { getContent, metadata } = (node ?? {}) as Partial<BaseNode>;
  if (typeof getContent === "function" && isRecord(metadata)) return;
  throw embeddingChecker.invalidArgument(name, node, "a node of LlamaIndex, such as a TextNode");
}

function checkText(name: string, text: unknown): void {
  if (typeof text !== "string") throw embeddingChecker.invalidArgument(name, text, "a string");
}

function checkArray(name: string, value: unknown, expected: string): void {
  if (!Array.isArray(value)) throw embeddingChecker.invalidArgument(name, value, expected);
}

/** A node's metadata and text as LlamaIndex embeds them, except that the title is separate. */
function documentOf(node: BaseNode, titleKey: string): DocumentInput {
  const title = node.metadata[titleKey];
  const hidden = node.excludedEmbedMetadataKeys;
  if (typeof title !== "string" || hidden.includes(titleKey))
    return node.getContent(MetadataMode.EMBED);
  // Changed for a moment, since a copy would lack the private fields of the node's class.
  node.excludedEmbedMetadataKeys = [...hidden, titleKey];
  try {
    return { title, text: node.getContent(MetadataMode.EMBED) };
  } finally {
    node.excludedEmbedMetadataKeys = hidden;
  }
}

function reportProgress({ done, total }: EncodeProgress, options: BaseEmbeddingOptions): void {
  options.progressCallback?.(done, total);
  if (options.logProgress)
    (options.logger ?? console).log(`getting embedding progress: ${done} / ${total}`);
}
