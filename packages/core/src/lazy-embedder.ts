import { checkEncodeOptions, checkLoadOptions } from "./check-options.ts";
import { Embedder } from "./embedder.ts";
import type { DocumentInput, PromptOptions } from "./encoding/prompts.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import {
  type EncodeDefaults,
  type EncodeOptions,
  type LoadOptions,
  splitOptions,
} from "./options.ts";

/** The model that is loaded where none is named: EmbeddingGemma 300m, as ONNX. */
export const defaultModel = "onnx-community/embeddinggemma-300m-ONNX";

/** A ready embedder, or which model to load when the first text comes. */
export interface LazyEmbedderOptions extends LoadOptions {
  /** Hub id or folder of the model. @default {@link defaultModel} */
  model?: string;
  /**
   * An embedder that is loaded already, and stays the caller's to dispose. Options of loading may
   * not stand beside it; those of encoding, such as `truncateDim`, may.
   */
  embedder?: Embedder;
  /** Prompt of queries: `{ promptName }` or `{ prompt }`. @default the model's prompt `query` */
  queryPrompt?: PromptOptions;
  /**
   * Prompt of documents: `{ promptName }` or `{ prompt }`.
   *
   * @default the model's prompt `document`
   */
  documentPrompt?: PromptOptions;
}

/**
 * Loads an embedder when it is first needed: once, for all who ask; a failed load is not
 * remembered. For code that is configured in a constructor, as that of frameworks is. What was
 * configured holds for every call, also on a given `embedder`.
 */
export class LazyEmbedder {
  readonly #encoding: EncodeDefaults;
  readonly #queryPrompt: PromptOptions | undefined;
  readonly #documentPrompt: PromptOptions | undefined;
  readonly #given: Embedder | undefined;
  readonly #load: () => Promise<Embedder>;
  #loading: Promise<Embedder> | null = null;

  /**
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for whatever can be seen to be wrong without
   * loading the model.
   */
  constructor(options: LazyEmbedderOptions = {}) {
    const { model = defaultModel, embedder, queryPrompt, documentPrompt, ...loadOptions } = options;
    const { loading, encoding } = splitOptions(loadOptions);
    if (embedder !== undefined) checkGivenEmbedder(embedder, { model: options.model, ...loading });
    else checkLoadOptions(model, loading);
    checkEncodeOptions(encoding, embedder?.matryoshkaDimensions);
    checkPrompt("queryPrompt", queryPrompt);
    checkPrompt("documentPrompt", documentPrompt);
    this.#encoding = encoding;
    this.#queryPrompt = queryPrompt;
    this.#documentPrompt = documentPrompt;
    this.#given = embedder;
    this.#load = () => Embedder.load(model, loadOptions);
  }

  /** The embedder, loaded if need be. */
  get(): Promise<Embedder> {
    if (this.#given) return Promise.resolve(this.#given);
    if (this.#loading) return this.#loading;
    const loading = this.#load();
    this.#loading = loading;
    loading.catch(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    return loading;
  }

  /** Embeds a query; see {@link Embedder.encodeQuery}. */
  async encodeQuery(query: string, options?: EncodeOptions): Promise<Float32Array> {
    const embedder = await this.get();
    return embedder.encodeQuery(query, { ...this.#encoding, ...this.#queryPrompt, ...options });
  }

  /** Embeds documents; see {@link Embedder.encodeDocument}. */
  async encodeDocument(
    documents: readonly DocumentInput[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]> {
    const embedder = await this.get();
    return embedder.encodeDocument(documents, {
      ...this.#encoding,
      ...this.#documentPrompt,
      ...options,
    });
  }

  /** Numbers in a vector. */
  async dimension(): Promise<number> {
    const embedder = await this.get();
    return this.#encoding.truncateDim ?? embedder.dimension;
  }

  /**
   * {@link Embedder.identity} of the vectors of documents, with the prompt where it is another than
   * the model's own.
   */
  async identity(): Promise<string> {
    const identity = (await this.get()).identityOf(this.#encoding);
    if (!this.#documentPrompt) return identity;
    const { promptName, prompt } = this.#documentPrompt;
    return `${identity}&documentPrompt=${encodeURIComponent(JSON.stringify(prompt ?? { promptName }))}`;
  }

  /** Disposes an embedder that was loaded here; the next {@link LazyEmbedder.get} loads it anew. */
  async dispose(): Promise<void> {
    const loading = this.#loading;
    this.#loading = null;
    const embedder = await loading?.catch(() => null);
    await embedder?.dispose();
  }
}

function checkPrompt(name: string, prompt: PromptOptions | undefined): void {
  if (prompt === undefined) return;
  const texts =
    typeof prompt === "object" && prompt !== null ? [prompt.promptName, prompt.prompt] : [];
  const present = texts.filter((text) => text !== undefined);
  if (present.length > 0 && present.every((text) => typeof text === "string")) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${name} must be { promptName: "STS" } or { prompt: "…" }, with a prompt of yours; ${show(prompt)} was given.`,
    { [name]: prompt },
  );
}

function checkGivenEmbedder(embedder: Embedder, loading: object): void {
  if (
    typeof embedder?.encodeQuery !== "function" ||
    typeof embedder.encodeDocument !== "function"
  ) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `embedder must be an Embedder, made by \`await Embedder.load(…)\`; ${show(embedder)} was given.`,
      { embedder },
    );
  }
  const beside = Object.entries(loading).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (beside.length > 0) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `\`embedder\` is loaded already, so ${beside.join(", ")} cannot take effect. Give either \`embedder\`, or \`model\` and the options of loading.`,
      { options: beside },
    );
  }
}
