import {
  type DocumentInput,
  type Embedder,
  EmbeddingGemmaError,
  type EmbeddingGemmaErrorCode,
  type EncodeOptions,
  type EncodeProgress,
  LazyEmbedder,
  type LazyEmbedderOptions,
} from "@embeddinggemma/core";
import {
  createWith,
  defaultTitleKey,
  defined,
  type Rule,
  type Rules,
  rules,
  toNumbers,
  untilAborted,
  withTitleKey,
} from "@embeddinggemma/internal";
import type { DocumentInterface } from "@langchain/core/documents";
import {
  Embeddings,
  type EmbeddingsInterface,
  type EmbeddingsParams,
} from "@langchain/core/embeddings";
import { embeddingsChecker } from "./check-options.ts";

/**
 * Options of {@link EmbeddingGemmaEmbeddings}: the options of `Embedder.load`, a `url` and the
 * options of `Embedder.connect`, or an `embedder` that is already loaded, and the options of
 * LangChain's embeddings.
 *
 * `maxRetries` is 0 unless you set it: what fails locally fails again. `maxConcurrency` has no
 * limit by default, since simultaneous calls share the batches of the model. With `url`, both are
 * those of `Embedder.connect`, for its requests.
 */
export interface EmbeddingGemmaEmbeddingsParams
  extends EmbeddingsParams,
    Omit<LazyEmbedderOptions, keyof EmbeddingsParams> {
  /**
   * The metadata key with a document's title. The document prompt has a slot for the title.
   *
   * @default "title"
   */
  titleKey?: string | undefined;
  /** Called after each batch of documents. `onDownloadProgress` reports downloads. */
  onEncodeProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/**
 * LangChain embeddings with EmbeddingGemma or another Sentence Transformers model. The model runs
 * locally and is loaded with the first text, or it runs on a server (`url`). Queries and documents
 * get the prompts that the model was trained with.
 *
 * Errors are those of `@embeddinggemma/core`. Failed calls are not retried unless you set
 * `maxRetries`.
 *
 * @example
 * const embeddings = new EmbeddingGemmaEmbeddings({ truncateDim: 256 });
 * const vector = await embeddings.embedQuery("Which planet is red?"); // 256 numbers, unit length
 * @example
 * const embeddings = new EmbeddingGemmaEmbeddings({ url: "http://localhost:8080" });
 */
export class EmbeddingGemmaEmbeddings extends Embeddings {
  readonly titleKey: string;
  readonly onEncodeProgress: ((progress: EncodeProgress) => void) | undefined;
  readonly #embedder: LazyEmbedder;

  /**
   * Configures the embeddings. This does not load the model.
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for everything that can be checked without
   * the model
   * @example
   * const embeddings = new EmbeddingGemmaEmbeddings({ dtype: "q4", truncateDim: 256 });
   */
  constructor(fields: EmbeddingGemmaEmbeddingsParams = {}) {
    const embedder = createWith(
      embeddingsChecker,
      ownRules,
      fields,
      (others: LazyEmbedderOptions) => new LazyEmbedder({ ...others, ...requestOptions(fields) }),
    );
    const { maxRetries = 0, maxConcurrency } = isRemote(fields) ? {} : fields;
    const { onFailedAttempt } = fields;
    super({ maxRetries, ...defined({ maxConcurrency, onFailedAttempt }) });
    this.titleKey = fields.titleKey ?? defaultTitleKey;
    this.onEncodeProgress = fields.onEncodeProgress;
    this.#embedder = embedder;
  }

  /**
   * Embeds a query. It does not wait for documents that are still being embedded.
   *
   * @param options - options of `Embedder.encodeQuery`, such as `signal`
   */
  async embedQuery(query: string, options?: EncodeOptions): Promise<number[]> {
    return toNumbers(await this.#embedder.encodeQuery(query, options));
  }

  /**
   * Embeds documents without titles.
   *
   * @param options - options of `Embedder.encodeDocument`, such as `signal`
   */
  async embedDocuments(documents: string[], options?: EncodeOptions): Promise<number[][]> {
    checkArray(documents, "an array of texts", "For a query, use embedQuery.");
    checkEach(documents, "a string", (document) => typeof document === "string");
    return (await this.#encode(documents, options)).map(toNumbers);
  }

  /**
   * Embeds documents with the titles in their metadata, for stores other than this package's
   * `FaissStore`, which embeds titles by itself.
   *
   * @example
   * const vectors = await embeddings.embedTitledDocuments(documents);
   * await vectorStore.addVectors(vectors, documents);
   */
  async embedTitledDocuments(
    documents: readonly DocumentInterface[],
    options?: EncodeOptions,
  ): Promise<number[][]> {
    return (await this.encodeTitledDocuments(documents, options)).map(toNumbers);
  }

  /**
   * As {@link EmbeddingGemmaEmbeddings.embedTitledDocuments}, but returns `Float32Array`s. This
   * package's `FaissStore` calls it.
   *
   * @param options - options of `Embedder.encodeDocument`, such as `signal`
   */
  async encodeTitledDocuments(
    documents: readonly DocumentInterface[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]> {
    checkArray(documents, "an array of documents");
    checkEach(documents, "a document with pageContent", hasText);
    const inputs = documents.map((document) => titled(document, this.titleKey));
    return this.#encode(inputs, options);
  }

  /**
   * Counts the tokens of a text, without the prompt and the special tokens. For text splitters.
   *
   * @example
   * new RecursiveCharacterTextSplitter({ chunkSize: 256, lengthFunction: embeddings.countTokens });
   */
  readonly countTokens = async (text: string): Promise<number> =>
    (await this.load()).countTokens(text, { prompt: "", addSpecialTokens: false });

  /**
   * Describes everything that determines the vectors of documents: model, revision, dtype,
   * dimension, prompts, and the `titleKey`. Do not mix vectors with different identities.
   *
   * @example
   * const namespace = await embeddings.identity();
   * const cached = CacheBackedEmbeddings.fromBytesStore(embeddings, store, { namespace });
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

  /** Loads the model now. The embedder offers more than LangChain's interface. */
  load(): Promise<Embedder> {
    return this.#embedder.get();
  }

  /** Frees the model. An `embedder` that you passed stays loaded. */
  dispose(): Promise<void> {
    return this.#embedder.dispose();
  }

  async #encode(
    documents: readonly DocumentInput[],
    options: EncodeOptions = {},
  ): Promise<Float32Array[]> {
    const onProgress = (progress: EncodeProgress) => {
      this.onEncodeProgress?.(progress);
      options.onProgress?.(progress);
    };
    const all = { ...defined(options), onProgress };
    return untilAborted(options.signal, async () => {
      // What is returned is not retried.
      const outcome = await this.caller.call(() =>
        this.#embedder.encodeDocument(documents, all).then(
          (vectors) => ({ vectors }),
          (error: unknown) => {
            if (canPass(error)) throw error;
            return { error };
          },
        ),
      );
      if ("error" in outcome) throw outcome.error;
      return outcome.vectors;
    });
  }
}

/** Whether another try may succeed. A wrong argument, an abort or a missing model stays. */
function canPass(error: unknown): boolean {
  return EmbeddingGemmaError.isInstance(error) && passing.includes(error.code);
}

const passing: readonly EmbeddingGemmaErrorCode[] = [
  "DOWNLOAD_FAILED",
  "LOAD_FAILED",
  "INFERENCE_FAILED",
  "WORKER_FAILED",
  "CACHE_FAILED",
];

/** Not `instanceof`: two copies of this package may be installed. */
export function embedsTitles(
  embeddings: EmbeddingsInterface,
): embeddings is EmbeddingGemmaEmbeddings {
  return "encodeTitledDocuments" in embeddings;
}

function isRemote({ url }: EmbeddingGemmaEmbeddingsParams): boolean {
  return url !== undefined;
}

/** Requests to a server are repeated one by one, not whole calls of LangChain. */
function requestOptions(fields: EmbeddingGemmaEmbeddingsParams): LazyEmbedderOptions {
  const { maxConcurrency, maxRetries } = fields;
  return isRemote(fields) ? defined({ maxConcurrency, maxRetries }) : {};
}

type OwnOptions = EmbeddingsParams &
  Pick<EmbeddingGemmaEmbeddingsParams, "titleKey" | "onEncodeProgress">;

const ownRules: Rules<OwnOptions> = {
  titleKey: rules.text,
  onEncodeProgress: rules.callback,
  maxConcurrency: atLeast(1),
  maxRetries: atLeast(0),
  onFailedAttempt: rules.callback,
};

function atLeast(minimum: number): Rule {
  return {
    expected: `a number of at least ${minimum}`,
    accepts: (value) => typeof value === "number" && value >= minimum,
  };
}

function checkArray(documents: unknown, expected: string, hint?: string): void {
  if (Array.isArray(documents)) return;
  throw embeddingsChecker.invalidArgument("documents", documents, expected, hint);
}

function checkEach(
  documents: readonly unknown[],
  expected: string,
  accepts: (document: unknown) => boolean,
): void {
  for (const [index, document] of documents.entries()) {
    if (accepts(document)) continue;
    throw embeddingsChecker.invalidArgument(`documents[${index}]`, document, expected);
  }
}

function hasText(document: unknown): boolean {
  return typeof (document as DocumentInterface | null | undefined)?.pageContent === "string";
}

function titled(document: DocumentInterface, titleKey: string): DocumentInput {
  const title = titleOf(document, titleKey);
  const text = document.pageContent;
  return title === undefined ? text : { title, text };
}

/** The title that is embedded with a document, if it has one. */
export function titleOf(
  { metadata }: Pick<DocumentInterface, "metadata">,
  titleKey: string,
): string | undefined {
  const title: unknown = metadata?.[titleKey];
  return typeof title === "string" ? title : undefined;
}
