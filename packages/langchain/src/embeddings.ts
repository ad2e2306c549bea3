import {
  type DocumentInput,
  type Embedder,
  EmbeddingGemmaError,
  type EncodeProgress,
  LazyEmbedder,
  type LazyEmbedderOptions,
} from "@embeddinggemma/core";
import { toNumbers } from "@embeddinggemma/internal";
import type { DocumentInterface } from "@langchain/core/documents";
import { Embeddings, type EmbeddingsParams } from "@langchain/core/embeddings";

/**
 * Options of {@link EmbeddingGemmaEmbeddings}: those of `Embedder.load`, or a ready `embedder`, and
 * LangChain's own.
 */
export interface EmbeddingGemmaEmbeddingsParams extends EmbeddingsParams, LazyEmbedderOptions {
  /**
   * Key of the metadata that holds a document's title, which goes into the title slot of the
   * document prompt.
   *
   * @default "title"
   */
  titleKey?: string | undefined;
  /** Called after each batch of documents; `onDownloadProgress` reports downloads. */
  onEncodeProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/**
 * EmbeddingGemma, or another Sentence Transformers model, as LangChain embeddings. Runs locally
 * and loads the model with the first text. Queries and documents get the prompts that the model was
 * trained with.
 *
 * Errors are those of `@embeddinggemma/core`. They are not retried: what fails locally fails again.
 *
 * @example
 * const embeddings = new EmbeddingGemmaEmbeddings({ truncateDim: 256 });
 * const vector = await embeddings.embedQuery("Which planet is red?"); // 256 numbers, unit length
 */
export class EmbeddingGemmaEmbeddings extends Embeddings implements EmbeddingGemmaEmbeddingsParams {
  readonly titleKey: string;
  readonly onEncodeProgress: ((progress: EncodeProgress) => void) | undefined;
  readonly #embedder: LazyEmbedder;

  /**
   * Configures the embeddings; nothing is loaded yet.
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for everything that can be checked without
   * the model
   * @example
   * const embeddings = new EmbeddingGemmaEmbeddings({ dtype: "q4", truncateDim: 256 });
   */
  constructor(fields: EmbeddingGemmaEmbeddingsParams = {}) {
    const { maxConcurrency = 1, maxRetries = 0, onFailedAttempt, ...own } = fields;
    super({ maxConcurrency, maxRetries, ...(onFailedAttempt && { onFailedAttempt }) });
    const { titleKey = "title", onEncodeProgress, ...embedderOptions } = own;
    this.titleKey = titleKey;
    this.onEncodeProgress = onEncodeProgress;
    this.#embedder = new LazyEmbedder(embedderOptions);
  }

  /** Embeds a query. It does not wait for documents that are being embedded. */
  async embedQuery(query: string): Promise<number[]> {
    return toNumbers(await this.#embedder.encodeQuery(query));
  }

  /** Embeds documents that have no title. */
  async embedDocuments(documents: string[]): Promise<number[][]> {
    if (Array.isArray(documents)) return (await this.#encode(documents)).map(toNumbers);
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `embedDocuments takes an array of texts; a value of type ${typeof documents} was given. ` +
        "Use embedQuery for a query.",
      { documents },
    );
  }

  /** Embeds documents with the titles in their metadata, for a store that is not ours. */
  async embedTitledDocuments(documents: readonly DocumentInterface[]): Promise<number[][]> {
    return (await this.encodeTitledDocuments(documents)).map(toNumbers);
  }

  /**
   * Embeds documents with the titles in their metadata. Our `FaissStore` calls this: it takes the
   * vectors as the model makes them.
   */
  async encodeTitledDocuments(documents: readonly DocumentInterface[]): Promise<Float32Array[]> {
    return this.#encode(documents.map((document) => titled(document, this.titleKey)));
  }

  /**
   * Counts a text's own tokens, for text splitters.
   *
   * @example
   * new RecursiveCharacterTextSplitter({ chunkSize: 256, lengthFunction: embeddings.countTokens });
   */
  readonly countTokens = async (text: string): Promise<number> =>
    (await this.load()).tokenizer.encode(text).length;

  /**
   * What decides the vectors of documents: model, revision, dtype, dimension, prompts. Vectors of
   * two identities do not mix: a namespace for `CacheBackedEmbeddings`.
   */
  identity(): Promise<string> {
    return this.#embedder.identity();
  }

  /** Numbers in a vector. */
  dimension(): Promise<number> {
    return this.#embedder.dimension();
  }

  /** Loads the model now; what an embedder offers beyond LangChain is found on the result. */
  load(): Promise<Embedder> {
    return this.#embedder.get();
  }

  /** Frees the model, unless it came ready as `embedder`. */
  dispose(): Promise<void> {
    return this.#embedder.dispose();
  }

  #encode(documents: readonly DocumentInput[]): Promise<Float32Array[]> {
    const options = { onProgress: this.onEncodeProgress };
    return this.caller.call(() => this.#embedder.encodeDocument(documents, options));
  }
}

function titled({ pageContent, metadata }: DocumentInterface, titleKey: string): DocumentInput {
  const title: unknown = metadata?.[titleKey];
  return typeof title === "string" ? { title, text: pageContent } : pageContent;
}
