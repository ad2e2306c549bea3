import { checkText } from "./check.ts";
import { checkEncodeOptions, checkLoadOptions } from "./check-options.ts";
import { defined } from "./defined.ts";
import { encodeStream, isAsyncIterable, type StreamPosition } from "./encoding/encode-stream.ts";
import { encodeTexts } from "./encoding/encode-texts.ts";
import {
  checkDocument,
  type DocumentInput,
  documentParts,
  type PromptedText,
  type PromptOptions,
  promptOf,
} from "./encoding/prompts.ts";
import { type SelfCheckReport, selfCheck } from "./encoding/self-check.ts";
import { tokenizeTexts } from "./encoding/tokenize.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import type { ModelDescription } from "./model/description.ts";
import { embeddingIdentity, modelIdentity } from "./model/identity.ts";
import type { LoadedModel } from "./model/loaded-model.ts";
import { acquireModel, type ModelHandle, releaseModel } from "./model/shared-models.ts";
import {
  type EncodeDefaults,
  type EncodeOptions,
  type LoadOptions,
  splitOptions,
} from "./options.ts";
import type { Backend, Tokenizer } from "./runtime/backend.ts";
import { InferenceQueue, type Priority } from "./runtime/inference-queue.ts";
import type { SimilarityFunction } from "./vectors/similarity.ts";
import { similarity } from "./vectors/similarity.ts";
import type { Vector } from "./vectors/vectors.ts";

/**
 * Turns texts into vectors as Sentence Transformers does: prompt, tokens, model, pooling, Dense
 * layers, Matryoshka truncation, normalisation. Made by {@link Embedder.load}.
 */
export class Embedder implements AsyncDisposable {
  /** The Hub id or folder that was loaded. */
  readonly model: string;
  readonly #handle: ModelHandle;
  readonly #defaults: EncodeDefaults;
  readonly #running = new Set<Promise<unknown>>();
  #disposing: Promise<void> | null = null;

  private constructor(model: string, handle: ModelHandle, defaults: EncodeDefaults) {
    this.model = model;
    this.#handle = handle;
    const { truncateDim } = handle.model.description;
    this.#defaults = { ...(truncateDim && { truncateDim }), ...defined(defaults) };
  }

  /**
   * Loads a model: an existing folder (path or `file:` URL), else the id of a repository on the
   * Hugging Face Hub.
   *
   * In a browser a folder is the URL of one (`https://…` or, relative to the page,
   * `/models/tiny/`), and files are kept in the cache of Transformers.js. Its ONNX Runtime fetches
   * its own WebAssembly files from a CDN, unless `env.backends.onnx.wasm.wasmPaths` of
   * Transformers.js names another place.
   *
   * Embedders of one model with the same options share its weights until the last of them is
   * disposed.
   *
   * @example
   * const embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX", { dtype: "q8", truncateDim: 256 });
   *
   * @throws {@link EmbeddingGemmaError} whose `code` says what is wrong with an option
   * (`INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`, `UNSUPPORTED_DTYPE`), the model (`MODEL_NOT_FOUND`,
   * `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`, `MODEL_NOT_DESCRIBED`), the network
   * (`DOWNLOAD_FAILED`) or the runtime (`LOAD_FAILED`, `WORKER_FAILED`); the reason of `signal` if
   * it is aborted.
   */
  static async load(model: string, options: LoadOptions = {}): Promise<Embedder> {
    const { loading, encoding } = splitOptions(options);
    checkLoadOptions(model, loading);
    checkEncodeOptions(encoding);
    const handle = await acquireModel(model, loading);
    try {
      checkEncodeOptions(encoding, handle.model.description.matryoshkaDimensions);
      return new Embedder(model, handle, encoding);
    } catch (error) {
      await handle.release();
      throw error;
    }
  }

  /**
   * An embedder over any {@link Backend}, such as a remote one or a test's literal.
   *
   * @param model - a name, for messages and for {@link Embedder.identity}: backends that give
   * different vectors must have different names, or a shared cache would mix them
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`
   */
  static fromBackend(
    model: string,
    backend: Backend,
    description: ModelDescription,
    options: EncodeDefaults = {},
  ): Embedder {
    checkEncodeOptions(defined(options), description.matryoshkaDimensions);
    const dtype = "fp32";
    const identity = modelIdentity(model, dtype, description);
    const loaded: LoadedModel = {
      backend,
      description,
      queue: new InferenceQueue(),
      dtype,
      identity,
    };
    return new Embedder(model, { model: loaded, release: () => releaseModel(loaded) }, options);
  }

  /** The model's prompts by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#model.description.prompts;
  }

  /** The prompt that `encode` uses when the call names none; null for none. */
  get defaultPromptName(): string | null {
    return this.#model.description.defaultPromptName;
  }

  /** Numbers in a vector, after truncation. */
  get dimension(): number {
    return this.#defaults.truncateDim ?? this.#model.description.dimension;
  }

  /** Values of `truncateDim` that the model was trained for, longest first. */
  get matryoshkaDimensions(): readonly number[] {
    return this.#model.description.matryoshkaDimensions;
  }

  /** Longest input in tokens, prompt and special tokens included. */
  get maxTokens(): number {
    return this.#model.description.maxTokens;
  }

  /** How the model's vectors are meant to be compared. */
  get similarityFunction(): SimilarityFunction {
    return this.#model.description.similarityFunction;
  }

  /**
   * What the vectors depend on, as one line to keep beside them: model and commit (for a folder
   * that is not from the Hub, a digest of tokenizer and weights), dtype, this package's way of
   * computing, prompt table, dimension and normalisation. Equal on every machine; vectors of
   * embedders that differ in it must not be compared or mixed.
   *
   * @example "onnx-community/embeddinggemma-300m-ONNX@<commit>?dtype=q8&recipe=1.<digest>&prompts=<digest>&dimension=256&normalize=true"
   */
  get identity(): string {
    return this.identityOf();
  }

  /** {@link Embedder.identity} of the vectors that calls with these options give. */
  identityOf(options: EncodeDefaults = {}): string {
    const { identity, description } = this.#model;
    const { truncateDim = description.dimension, normalize = true } = {
      ...this.#defaults,
      ...defined(options),
    };
    return embeddingIdentity(identity, description, { dimension: truncateDim, normalize });
  }

  /** The model's tokenizer, synchronous, for text splitters: no prompt, no special tokens. */
  get tokenizer(): Tokenizer {
    return this.#model.backend.tokenizer;
  }

  /**
   * Embeds texts with the prompt that the call names, or the model's default prompt, or none.
   *
   * @returns one vector for a text, an array of vectors, in input order, for an array; each a view
   * of one contiguous array
   * @throws `UNKNOWN_PROMPT`, `UNTRAINED_DIMENSION`, `INVALID_ARGUMENT`,
   * `INPUT_TOO_LONG`, `INFERENCE_FAILED`, `DISPOSED`
   */
  encode(text: string, options?: EncodeOptions & PromptOptions): Promise<Float32Array>;
  encode(
    texts: readonly string[],
    options?: EncodeOptions & PromptOptions,
  ): Promise<Float32Array[]>;
  async encode(
    input: string | readonly string[],
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, options);
    return this.#encode(input, (text) => ({ prompt, text: checkText(text) }), "bulk", options);
  }

  /**
   * Embeds queries, with the prompt `query`. Overtakes documents that are being embedded at the
   * next batch. See {@link Embedder.encode}.
   */
  encodeQuery(query: string, options?: EncodeOptions & PromptOptions): Promise<Float32Array>;
  encodeQuery(
    queries: readonly string[],
    options?: EncodeOptions & PromptOptions,
  ): Promise<Float32Array[]>;
  async encodeQuery(
    input: string | readonly string[],
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, {
      ...options,
      promptName: options.promptName ?? "query",
    });
    return this.#encode(input, (text) => ({ prompt, text: checkText(text) }), "query", options);
  }

  /**
   * Embeds documents, with the prompt `document`; a title takes the place of `none` in
   * EmbeddingGemma's `title: none | text: `. See {@link Embedder.encode}.
   */
  encodeDocument(
    document: DocumentInput,
    options?: EncodeOptions & PromptOptions,
  ): Promise<Float32Array>;
  encodeDocument(
    documents: readonly DocumentInput[],
    options?: EncodeOptions & PromptOptions,
  ): Promise<Float32Array[]>;
  /**
   * Embeds a stream of documents of any length in bounded memory: reads 256 at most, yields their
   * vectors, in input order, and reads on when those are taken. `onProgress` counts the documents
   * read so far as the total.
   */
  encodeDocument(
    documents: AsyncIterable<DocumentInput>,
    options?: EncodeOptions & PromptOptions,
  ): AsyncGenerator<Float32Array[], void, undefined>;
  encodeDocument(
    input: DocumentInput | readonly DocumentInput[] | AsyncIterable<DocumentInput>,
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> | AsyncGenerator<Float32Array[], void, undefined> {
    if (isAsyncIterable(input)) {
      return encodeStream(
        input,
        (window, position) =>
          this.#encodeDocument(window, { ...options, ...position }) as Promise<Float32Array[]>,
        options,
      );
    }
    return this.#encodeDocument(input, options);
  }

  async #encodeDocument(
    input: DocumentInput | readonly DocumentInput[],
    options: EncodeOptions & PromptOptions & Partial<StreamPosition>,
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, {
      ...options,
      promptName: options.promptName ?? "document",
    });
    return this.#encode(
      input,
      (document) => documentParts(prompt, checkDocument(document)),
      "bulk",
      options,
    );
  }

  /**
   * Embeds a few built-in texts and compares their similarities with those that the model's makers
   * published, within what the dtype loses: shows whether model, dtype and device work together on
   * this machine.
   *
   * @returns the comparison, or null for a model without published values, or one that `prompts` or
   * `pooling` of your own describe
   */
  async selfCheck(): Promise<SelfCheckReport | null> {
    const { description, dtype } = this.#model;
    return selfCheck(this, description.selfCheck, dtype);
  }

  /**
   * Compares vectors by the model's similarity function; higher is more similar.
   *
   * @returns one row for each vector of `a`, one column for each of `b`
   */
  similarity(a: Vector | readonly Vector[], b: Vector | readonly Vector[]): number[][] {
    return similarity(a, b, this.similarityFunction);
  }

  /**
   * Tokens of a text as the model would get it, prompt and special tokens included, before any cut.
   * The prompt is that of {@link Embedder.encode}: the model's default or none, unless `promptName`
   * (such as `"document"`) or `prompt` says otherwise.
   *
   * @throws `UNKNOWN_PROMPT`, `INVALID_ARGUMENT`, `DISPOSED`
   */
  async countTokens(text: string, options: PromptOptions = {}): Promise<number> {
    const prompt = promptOf(this.#model.description, options);
    const [sequence] = await this.#track(
      tokenizeTexts(this.#model, [{ prompt, text: checkText(text) }]),
    );
    return sequence!.fullLength;
  }

  /**
   * Lets go of the model when running calls are done; its memory is freed when no other embedder
   * shares it. Later calls fail with `DISPOSED`. Doing it twice does nothing.
   */
  dispose(): Promise<void> {
    this.#disposing ??= Promise.allSettled(this.#running).then(() => this.#handle.release());
    return this.#disposing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  get #model(): LoadedModel {
    if (this.#disposing) {
      throw new EmbeddingGemmaError(
        "DISPOSED",
        `The embedder of ${show(this.model)} was disposed. Load it again with Embedder.load.`,
        { model: this.model },
      );
    }
    return this.#handle.model;
  }

  async #encode<T>(
    input: T | readonly T[],
    prepare: (item: T) => PromptedText,
    priority: Priority,
    options: EncodeOptions & Partial<StreamPosition>,
  ): Promise<Float32Array | Float32Array[]> {
    const model = this.#model;
    const settings = { ...this.#defaults, ...defined(options) };
    checkEncodeOptions(settings, model.description.matryoshkaDimensions);
    const items: readonly T[] = Array.isArray(input) ? input : [input as T];
    const encoding = encodeTexts(model, Array.from(items, prepare), {
      truncation: "end",
      normalize: true,
      maxBatchTokens: 1024,
      dimension: model.description.dimension,
      ...settings,
      ...(settings.truncateDim !== undefined && { dimension: settings.truncateDim }),
      priority,
    });
    const vectors = await this.#track(encoding);
    return Array.isArray(input) ? vectors : vectors[0]!;
  }

  /** Counts among what `dispose` waits for. */
  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }
}
