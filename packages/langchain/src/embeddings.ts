import {
  type DocumentInput,
  type Embedder,
  EmbeddingGemmaError,
  type EncodeProgress,
  LazyEmbedder,
  type LazyEmbedderOptions,
  type PromptOptions,
} from "@embeddinggemma/core";
import type { Identity } from "@embeddinggemma/faiss";
import type { DocumentInterface } from "@langchain/core/documents";
import { Embeddings, type EmbeddingsParams } from "@langchain/core/embeddings";

/** Options of {@link EmbeddingGemmaEmbeddings}: those of `Embedder.load`, or a ready `embedder`, and LangChain's own. */
export interface EmbeddingGemmaEmbeddingsParams extends EmbeddingsParams, LazyEmbedderOptions {
  /** Key of the metadata that holds a document's title, which goes into the title slot of the document prompt. @default "title" */
  titleKey: string;
  /** Prompt of queries. @default the model's prompt `query` */
  queryPrompt?: PromptOptions;
  /** Prompt of documents. @default the model's prompt `document` */
  documentPrompt?: PromptOptions;
  /** Called after each batch of documents; `onProgress` tells of downloads. */
  onEncodeProgress?: (progress: EncodeProgress) => void;
}

/**
 * EmbeddingGemma, or another Sentence Transformers model, as LangChain embeddings. Runs on this machine; the model is loaded when
 * the first text comes. Queries and documents get the prompts that the model was trained with.
 *
 * Errors are those of `@embeddinggemma/core`. They are not retried, since what fails here fails again.
 *
 * @example
 * const embeddings = new EmbeddingGemmaEmbeddings({ model: "onnx-community/embeddinggemma-300m-ONNX", truncateDim: 256 });
 * const vector = await embeddings.embedQuery("Which planet is known as the Red Planet?"); // 256 numbers, of unit length
 */
export class EmbeddingGemmaEmbeddings extends Embeddings implements EmbeddingGemmaEmbeddingsParams {
  readonly titleKey: string;
  readonly queryPrompt?: PromptOptions;
  readonly documentPrompt?: PromptOptions;
  readonly onEncodeProgress?: (progress: EncodeProgress) => void;
  readonly #embedder: LazyEmbedder;

  /** @throws `INVALID_OPTION`, `UNTRAINED_DIMENSION` for what can be seen to be wrong without the model */
  constructor(fields: Partial<EmbeddingGemmaEmbeddingsParams> = {}) {
    super({ maxConcurrency: 1, maxRetries: 0, ...fields });
    const { maxConcurrency, maxRetries, onFailedAttempt, ...own } = fields;
    const { titleKey = "title", queryPrompt, documentPrompt, onEncodeProgress, ...embedderOptions } = own;
    this.titleKey = titleKey;
    if (queryPrompt) this.queryPrompt = queryPrompt;
    if (documentPrompt) this.documentPrompt = documentPrompt;
    if (onEncodeProgress) this.onEncodeProgress = onEncodeProgress;
    this.#embedder = new LazyEmbedder(embedderOptions);
  }

  /** Embeds a query, at once: it does not wait for documents that are being embedded. */
  async embedQuery(query: string): Promise<number[]> {
    const embedder = await this.load();
    return Array.from(await embedder.encodeQuery(query, { ...this.#embedder.encodeOptions, ...this.queryPrompt }));
  }

  /** Embeds documents that have no title. */
  async embedDocuments(documents: string[]): Promise<number[][]> {
    if (Array.isArray(documents)) return this.#encodeDocuments(documents);
    throw new EmbeddingGemmaError(
      "INVALID_INPUT",
      "embedDocuments takes an array of texts; for one text use embedQuery.",
      {
        documents,
      },
    );
  }

  /** Embeds documents with the titles that their metadata hold. Our vector store does this by itself. */
  async embedTitledDocuments(documents: readonly DocumentInterface[]): Promise<number[][]> {
    return this.#encodeDocuments(documents.map((document) => titled(document, this.titleKey)));
  }

  /**
   * Counts a text's own tokens, for text splitters.
   *
   * @example
   * new RecursiveCharacterTextSplitter({ chunkSize: 256, lengthFunction: embeddings.countTokens });
   */
  readonly countTokens = async (text: string): Promise<number> => (await this.load()).tokenizer.encode(text).length;

  /** What decides the vectors of documents: model, revision, dtype, dimension, prompts. Vectors of two identities do not mix. */
  async identity(): Promise<Identity> {
    const embedder = await this.load();
    const identity = embedder.identityOf(this.#embedder.encodeOptions);
    return this.documentPrompt ? { embedder: identity, documentPrompt: { ...this.documentPrompt } } : identity;
  }

  /** Loads the model now; what an embedder offers beyond LangChain is found on the result. */
  load(): Promise<Embedder> {
    return this.#embedder.get();
  }

  /** Frees the model, unless it came ready as `embedder`. */
  dispose(): Promise<void> {
    return this.#embedder.dispose();
  }

  #encodeDocuments(documents: readonly DocumentInput[]): Promise<number[][]> {
    return this.caller.call(async () => {
      const embedder = await this.load();
      const options = { ...this.#embedder.encodeOptions, ...this.documentPrompt, onProgress: this.onEncodeProgress };
      return (await embedder.encodeDocument(documents, options)).map((vector) => Array.from(vector));
    });
  }
}

function titled({ pageContent, metadata }: DocumentInterface, titleKey: string): DocumentInput {
  const title: unknown = metadata?.[titleKey];
  return typeof title === "string" ? { title, text: pageContent } : pageContent;
}
