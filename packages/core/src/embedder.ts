import { type EncodeProgress, encodeTexts, type Truncation } from "./encode-texts.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import type { Priority } from "./inference-queue.ts";
import type { LoadedModel, LoadModelOptions } from "./load-model.ts";
import type { SimilarityFunction } from "./model-description.ts";
import { type DocumentInput, documentParts, type PromptedText, type PromptOptions, promptOf } from "./prompts.ts";
import { acquireModel, type ModelHandle } from "./shared-models.ts";
import { similarity, type Vector } from "./similarity.ts";
import { tokenizeWithPrompt } from "./tokenize.ts";

/** What every call of an embedder does unless the call says otherwise. */
export interface EncodeDefaults {
  /**
   * Keep only this many leading numbers of each vector (Matryoshka): for EmbeddingGemma 768, 512, 256 or 128.
   * @default the full dimension of the model
   */
  truncateDim?: number;
  /** Allow a `truncateDim` that the model was not trained for. @default false */
  allowUntrainedDim?: boolean;
  /**
   * Divide each vector, after truncation, by its length. `false` gives what Sentence Transformers gives by default: a truncated
   * vector that is not of unit length.
   * @default true
   */
  normalize?: boolean;
  /** What happens to a text over `maxTokens`: its end is cut, or the call fails with `INPUT_TOO_LONG`. @default "end" */
  truncation?: "end" | "error";
  /** Called for each text that is cut. */
  onTruncate?: (truncation: Truncation) => void;
  /**
   * Most tokens in one inference, padding included. A larger budget gains nothing on a CPU once the cores are busy, and takes memory.
   * @default 1024
   */
  maxBatchTokens?: number;
}

/** Options of {@link Embedder.load}. */
export interface LoadOptions extends LoadModelOptions, EncodeDefaults {}

/** Options of one call. */
export interface EncodeOptions extends EncodeDefaults {
  /** Called after each batch. */
  onProgress?: (progress: EncodeProgress) => void;
  /** Stops the call before its next batch; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Turns texts into vectors as Sentence Transformers does: prompt, tokens, model, pooling, Dense layers, Matryoshka truncation,
 * normalisation. Made by {@link Embedder.load}.
 */
export class Embedder implements AsyncDisposable {
  /** The Hub id or folder that was loaded. */
  readonly model: string;
  readonly #handle: ModelHandle;
  readonly #defaults: EncodeDefaults;
  #disposed = false;

  private constructor(model: string, handle: ModelHandle, defaults: EncodeDefaults) {
    this.model = model;
    this.#handle = handle;
    this.#defaults = defaults;
  }

  /**
   * Loads a model: an existing folder (path or `file:` URL), else the id of a repository on the Hugging Face Hub.
   *
   * Embedders of one model with the same options share its weights until the last of them is disposed.
   *
   * @example
   * const embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX", { dtype: "q8", truncateDim: 256 });
   *
   * @throws {@link EmbeddingGemmaError} whose `code` says what is wrong with the model, an option or the network; the reason of
   * `signal` if it is aborted.
   */
  static async load(model: string, options: LoadOptions = {}): Promise<Embedder> {
    if (typeof model !== "string" || model === "") {
      throw new EmbeddingGemmaError("INVALID_INPUT", `model must be a Hub id or a folder; ${show(model)} was given.`, {
        model,
      });
    }
    const { truncateDim, allowUntrainedDim, normalize, truncation, onTruncate, maxBatchTokens, ...loading } = options;
    const defaults = { truncateDim, allowUntrainedDim, normalize, truncation, onTruncate, maxBatchTokens };
    const handle = await acquireModel(model, loading);
    try {
      const embedder = new Embedder(model, handle, defined(defaults));
      checkSettings(handle.model, embedder.#defaults);
      return embedder;
    } catch (error) {
      await handle.release();
      throw error;
    }
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
   * Embeds texts with the prompt that the call names, or the model's default prompt, or none.
   *
   * @returns one vector for a text, an array of vectors, in input order, for an array; each a view of one contiguous array
   * @throws `UNKNOWN_PROMPT`, `UNTRAINED_DIMENSION`, `INVALID_INPUT`, `INVALID_OPTION`, `INPUT_TOO_LONG`, `INFERENCE_FAILED`, `DISPOSED`
   */
  encode(text: string, options?: EncodeOptions & PromptOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions & PromptOptions): Promise<Float32Array[]>;
  async encode(
    input: string | readonly string[],
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, options);
    return this.#encode(input, (text) => ({ prompt, text: checkText(text) }), "bulk", options);
  }

  /** Embeds queries, with the prompt `query`. Overtakes documents that are being embedded at the next batch. See {@link Embedder.encode}. */
  encodeQuery(query: string, options?: EncodeOptions & PromptOptions): Promise<Float32Array>;
  encodeQuery(queries: readonly string[], options?: EncodeOptions & PromptOptions): Promise<Float32Array[]>;
  async encodeQuery(
    input: string | readonly string[],
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, { promptName: "query", ...options });
    return this.#encode(input, (text) => ({ prompt, text: checkText(text) }), "query", options);
  }

  /**
   * Embeds documents, with the prompt `document`; a title takes the place of `none` in EmbeddingGemma's `title: none | text: `.
   * See {@link Embedder.encode}.
   */
  encodeDocument(document: DocumentInput, options?: EncodeOptions & PromptOptions): Promise<Float32Array>;
  encodeDocument(documents: readonly DocumentInput[], options?: EncodeOptions & PromptOptions): Promise<Float32Array[]>;
  async encodeDocument(
    input: DocumentInput | readonly DocumentInput[],
    options: EncodeOptions & PromptOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    const prompt = promptOf(this.#model.description, { promptName: "document", ...options });
    return this.#encode(input, (document) => documentParts(prompt, checkDocument(document)), "bulk", options);
  }

  /**
   * Compares vectors by the model's similarity function; higher is more similar.
   *
   * @returns one row for each vector of `a`, one column for each of `b`
   */
  similarity(a: Vector | readonly Vector[], b: Vector | readonly Vector[]): number[][] {
    return similarity(a, b, this.similarityFunction);
  }

  /** Tokens of a text as the model would get it, prompt and special tokens included, before any cut. */
  async countTokens(text: string, options: PromptOptions = {}): Promise<number> {
    const prompt = promptOf(this.#model.description, options);
    return tokenizeWithPrompt(this.#model, { prompt, text: checkText(text) }).fullLength;
  }

  /**
   * Lets go of the model; its memory is freed when no other embedder shares it and running calls are done. Later calls fail with
   * `DISPOSED`. Doing it twice does nothing.
   */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#handle.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  get #model(): LoadedModel {
    if (this.#disposed) {
      throw new EmbeddingGemmaError(
        "DISPOSED",
        `The embedder of ${show(this.model)} was disposed. Load it again with Embedder.load.`,
        {
          model: this.model,
        },
      );
    }
    return this.#handle.model;
  }

  async #encode<T>(
    input: T | readonly T[],
    prepare: (item: T) => PromptedText,
    priority: Priority,
    options: EncodeOptions,
  ): Promise<Float32Array | Float32Array[]> {
    const model = this.#model;
    const settings = { ...this.#defaults, ...defined(options) };
    checkSettings(model, settings);
    const items: readonly T[] = Array.isArray(input) ? input : [input as T];
    const vectors = await encodeTexts(model, items.map(prepare), {
      truncation: "end",
      normalize: true,
      maxBatchTokens: 1024,
      dimension: model.description.dimension,
      ...settings,
      ...(settings.truncateDim !== undefined && { dimension: settings.truncateDim }),
      priority,
    });
    return Array.isArray(input) ? vectors : vectors[0]!;
  }
}

/** Without the keys whose value is undefined, so that a spread does not override with them. */
function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function checkText(text: unknown): string {
  if (typeof text === "string") return text;
  throw new EmbeddingGemmaError("INVALID_INPUT", `A text must be a string; ${show(text)} was given.`, { text });
}

function checkDocument(document: DocumentInput): DocumentInput {
  if (typeof document === "string") return document;
  const { title, text } = (document ?? {}) as { title?: unknown; text?: unknown };
  if (typeof text === "string" && (title === undefined || title === null || typeof title === "string")) return document;
  throw new EmbeddingGemmaError(
    "INVALID_INPUT",
    `A document must be a string or { title?: string, text: string }; ${show(document)} was given.`,
    { document },
  );
}

function checkSettings({ description }: LoadedModel, settings: EncodeDefaults): void {
  const { truncateDim, allowUntrainedDim, truncation, maxBatchTokens } = settings;
  if (truncateDim !== undefined) {
    const { dimension, matryoshkaDimensions } = description;
    if (!Number.isInteger(truncateDim) || truncateDim < 1 || truncateDim > dimension) {
      throw new EmbeddingGemmaError(
        "INVALID_OPTION",
        `truncateDim must be a whole number from 1 to ${dimension}, the model's dimension; ${show(truncateDim)} was given.`,
        { truncateDim, dimension },
      );
    }
    if (!allowUntrainedDim && !matryoshkaDimensions.includes(truncateDim)) {
      throw new EmbeddingGemmaError(
        "UNTRAINED_DIMENSION",
        `The model was not trained for vectors of ${truncateDim} numbers. Use ${matryoshkaDimensions.join(", ")}, or set allowUntrainedDim.`,
        { truncateDim, matryoshkaDimensions },
      );
    }
  }
  if (truncation !== undefined && truncation !== "end" && truncation !== "error") {
    throw new EmbeddingGemmaError(
      "INVALID_OPTION",
      `truncation must be "end" or "error"; ${show(truncation)} was given.`,
      { truncation },
    );
  }
  if (maxBatchTokens !== undefined && !(maxBatchTokens >= 1)) {
    throw new EmbeddingGemmaError(
      "INVALID_OPTION",
      `maxBatchTokens must be a number of at least 1; ${show(maxBatchTokens)} was given.`,
      { maxBatchTokens },
    );
  }
}
