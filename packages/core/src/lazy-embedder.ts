import { defined, SharedPromise } from "@embeddinggemma/internal";
import { checkOptions, isRecord, type Rule, type Rules, rules } from "./check.ts";
import { Embedder } from "./embedder.ts";
import type { DocumentInput, PromptOptions } from "./encoding/prompts.ts";
import { EmbeddingGemmaError } from "./errors.ts";
import {
  checkTruncateDim,
  type EncodeDefaults,
  type EncodeOptions,
  type LoadOptions,
  loadRules,
  modelRule,
  promptRules,
  renamedLoadOptions,
  splitOptions,
} from "./options.ts";

/** The model that is loaded where none is named: EmbeddingGemma 300m, as ONNX. */
export const defaultModel = "onnx-community/embeddinggemma-300m-ONNX";

/** A ready embedder, or which model to load when the first text comes. */
export interface LazyEmbedderOptions extends LoadOptions {
  /** Hub id or folder of the model. @default {@link defaultModel} */
  model?: string | undefined;
  /**
   * An embedder that is loaded already; you dispose it yourself. Options of loading cannot be given
   * with it, options of encoding, such as `truncateDim`, can.
   */
  embedder?: Embedder | undefined;
  /** Prompt of queries: `{ promptName }` or `{ prompt }`. @default the model's prompt `query` */
  queryPrompt?: PromptOptions | undefined;
  /**
   * Prompt of documents: `{ promptName }` or `{ prompt }`.
   *
   * @default the model's prompt `document`
   */
  documentPrompt?: PromptOptions | undefined;
}

/**
 * Loads an embedder when it is first needed, once for all callers; a failed load is tried again by
 * the next call. For code that is configured in a constructor, such as a framework's. The
 * configuration applies to every call, also on a given `embedder`.
 *
 * @example
 * const embedder = new LazyEmbedder({ model: "onnx-community/embeddinggemma-300m-ONNX" });
 * const query = await embedder.encodeQuery("Which planet is red?"); // loads the model
 */
export class LazyEmbedder {
  readonly #encoding: EncodeDefaults;
  readonly #queryPrompt: PromptOptions | undefined;
  readonly #documentPrompt: PromptOptions | undefined;
  readonly #given: Embedder | undefined;
  readonly #loaded: SharedPromise<Embedder>;
  /**
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION` for everything that can be checked before the
   * model is loaded
   */
  constructor(options: LazyEmbedderOptions = {}) {
    checkOptions(options, lazyEmbedderRules, renamedLoadOptions);
    const { model = defaultModel, embedder, queryPrompt, documentPrompt, ...loadOptions } = options;
    const { loading, encoding } = splitOptions(loadOptions);
    if (embedder !== undefined) {
      checkGivenAlone({ model: options.model, ...loading });
      checkTruncateDim(encoding, embedder.matryoshkaDimensions);
    }
    this.#encoding = encoding;
    this.#queryPrompt = queryPrompt;
    this.#documentPrompt = documentPrompt;
    this.#given = embedder;
    this.#loaded = new SharedPromise(() => Embedder.load(model, loadOptions));
  }

  /** The embedder, loaded if need be. */
  get(): Promise<Embedder> {
    if (this.#given) return Promise.resolve(this.#given);
    return this.#loaded.get();
  }

  /** Embeds a query; see {@link Embedder.encodeQuery}. */
  async encodeQuery(query: string, options?: EncodeOptions): Promise<Float32Array> {
    const embedder = await this.get();
    return embedder.encodeQuery(query, this.#configured(this.#queryPrompt, options));
  }

  /** Embeds documents; see {@link Embedder.encodeDocument}. */
  async encodeDocument(
    documents: readonly DocumentInput[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]> {
    const embedder = await this.get();
    return embedder.encodeDocument(documents, this.#configured(this.#documentPrompt, options));
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
    const name = JSON.stringify(prompt ?? { promptName });
    return `${identity}&documentPrompt=${encodeURIComponent(name)}`;
  }

  /** Disposes an embedder that was loaded here; the next {@link LazyEmbedder.get} loads it again. */
  async dispose(): Promise<void> {
    const embedder = await this.#loaded.forget()?.catch(() => null);
    await embedder?.dispose();
  }

  /** A call's own prompt, by name or text, replaces the configured one. */
  #configured(prompt: PromptOptions | undefined, options: EncodeOptions = {}): EncodeOptions {
    const own = defined(options);
    const hasPrompt = own.prompt !== undefined || own.promptName !== undefined;
    return { ...this.#encoding, ...(hasPrompt ? {} : prompt), ...own };
  }
}

const promptRule: Rule = {
  expected: '{ promptName: "STS" } or { prompt: "…" }, with a prompt of yours',
  accepts: (value) => {
    const prompt = isRecord(value) ? Object.entries(defined(value)) : [];
    const isKnown = ([name, text]: [string, unknown]) =>
      Object.hasOwn(promptRules, name) && rules.text.accepts(text);
    return prompt.length > 0 && prompt.every(isKnown);
  },
};

const lazyEmbedderRules: Rules<LazyEmbedderOptions> = {
  ...loadRules,
  model: modelRule,
  embedder: {
    expected: "an Embedder, made by `await Embedder.load(…)`",
    accepts: (value) =>
      isRecord(value) &&
      typeof value.encodeQuery === "function" &&
      typeof value.encodeDocument === "function",
  },
  queryPrompt: promptRule,
  documentPrompt: promptRule,
};

function checkGivenAlone(loading: object): void {
  const given = Object.keys(defined(loading));
  if (given.length === 0) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `\`embedder\` is loaded already, so ${given.join(", ")} cannot take effect. ` +
      "Give either `embedder`, or `model` and the options of loading.",
    { options: given },
  );
}
