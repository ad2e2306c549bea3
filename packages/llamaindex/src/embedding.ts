import {
  type DocumentInput,
  type Embedder,
  LazyEmbedder,
  type LazyEmbedderOptions,
} from "@embeddinggemma/core";
import { toNumbers } from "@embeddinggemma/internal";
import { BaseEmbedding, type BaseEmbeddingOptions } from "@llamaindex/core/embeddings";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import { type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import { extractSingleText } from "@llamaindex/core/utils";
import { consoleLogger } from "@llamaindex/env";
import type { Tokenizer } from "@llamaindex/env/tokenizers";

/**
 * Options of {@link EmbeddingGemmaEmbedding}: those of `Embedder.load`, or a ready `embedder`, and
 * these.
 */
export interface EmbeddingGemmaEmbeddingParams extends LazyEmbedderOptions {
  /**
   * Key of the metadata that holds a node's title, which goes into the title slot of the document
   * prompt, and not a second time before the text with the rest of the metadata. A title among the
   * node's `excludedEmbedMetadataKeys` is left out.
   *
   * @default "title"
   */
  titleKey?: string | undefined;
}

/**
 * EmbeddingGemma, or another Sentence Transformers model, as LlamaIndex embedding. Runs locally
 * and loads the model with the first text. Queries and documents get the prompts that the model was
 * trained with.
 *
 * `embedBatchSize` has no effect: the embedder makes its own batches, by tokens. Errors are those
 * of `@embeddinggemma/core`.
 *
 * @example
 * Settings.embedModel = new EmbeddingGemmaEmbedding({ truncateDim: 256 });
 */
export class EmbeddingGemmaEmbedding extends BaseEmbedding {
  readonly titleKey: string;
  readonly #embedder: LazyEmbedder;

  /**
   * Configures the embedding; nothing is loaded yet.
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for everything that can be checked without
   * the model
   * @example
   * const embedding = new EmbeddingGemmaEmbedding({ dtype: "q4", truncateDim: 256 });
   */
  constructor(params: EmbeddingGemmaEmbeddingParams = {}) {
    super((nodes, options) => this.#embedNodes(nodes, options));
    const { titleKey = "title", ...embedderOptions } = params;
    this.titleKey = titleKey;
    this.#embedder = new LazyEmbedder(embedderOptions);
  }

  /** @returns null for a query without text, as LlamaIndex wants it */
  override async getQueryEmbedding(query: MessageContentDetail): Promise<number[] | null> {
    const text = extractSingleText(query);
    return text ? toNumbers(await this.#embedder.encodeQuery(text)) : null;
  }

  async getTextEmbedding(text: string): Promise<number[]> {
    return (await this.#encodeDocuments([text]))[0]!;
  }

  // The base class has this as a property of the instance, which a method would not override.
  override getTextEmbeddings = (texts: string[]): Promise<number[][]> =>
    this.#encodeDocuments(texts);

  override getTextEmbeddingsBatch(
    texts: string[],
    options?: BaseEmbeddingOptions,
  ): Promise<number[][]> {
    return this.#encodeDocuments(texts, options);
  }

  /**
   * The model's tokens, for text splitters.
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
   * What decides the vectors of nodes: model, revision, dtype, dimension, prompts. Vectors of two
   * identities do not mix.
   */
  identity(): Promise<string> {
    return this.#embedder.identity();
  }

  /** Numbers in a vector. */
  dimension(): Promise<number> {
    return this.#embedder.dimension();
  }

  /** Loads the model now; what an embedder offers beyond LlamaIndex is found on the result. */
  load(): Promise<Embedder> {
    return this.#embedder.get();
  }

  /** Frees the model, unless it came ready as `embedder`. */
  dispose(): Promise<void> {
    return this.#embedder.dispose();
  }

  async #embedNodes(nodes: BaseNode[], options?: BaseEmbeddingOptions): Promise<BaseNode[]> {
    const documents = nodes.map((node) => documentOf(node, this.titleKey));
    const embeddings = await this.#encodeDocuments(documents, options);
    nodes.forEach((node, index) => {
      node.embedding = embeddings[index];
    });
    return nodes;
  }

  async #encodeDocuments(
    documents: readonly DocumentInput[],
    options?: BaseEmbeddingOptions,
  ): Promise<number[][]> {
    const vectors = await this.#embedder.encodeDocument(documents, {
      onProgress: ({ done, total }) => reportProgress(done, total, options),
    });
    return vectors.map(toNumbers);
  }
}

/** A node's text with its metadata before it, as LlamaIndex embeds it, but with the title apart. */
function documentOf(node: BaseNode, titleKey: string): DocumentInput {
  const title = node.metadata[titleKey];
  const hidden = node.excludedEmbedMetadataKeys;
  if (typeof title !== "string" || hidden.includes(titleKey))
    return node.getContent(MetadataMode.EMBED);
  const untitled: BaseNode = Object.create(node, {
    excludedEmbedMetadataKeys: { value: [...hidden, titleKey] },
  });
  return { title, text: untitled.getContent(MetadataMode.EMBED) };
}

function reportProgress(done: number, total: number, options: BaseEmbeddingOptions = {}): void {
  options.progressCallback?.(done, total);
  if (options.logProgress)
    (options.logger ?? consoleLogger).log(`getting embedding progress: ${done} / ${total}`);
}
