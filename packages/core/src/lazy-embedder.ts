import { defined, SharedPromise, untilAborted } from "@embeddinggemma/internal";
import { queryIdentity } from "./adapter/adapter-identity.ts";
import { checkAdapterOption } from "./adapter/adapter-option.ts";
import {
  checkOptions,
  checkText,
  invalidArgument,
  isRecord,
  nearestOption,
  type Rule,
  type Rules,
  rules,
} from "./check.ts";
import { type ConnectOptions, checkUrls, connectRules } from "./connect-options.ts";
import { Embedder } from "./embedder.ts";
import { checkDocument, type DocumentInput, type PromptOptions } from "./encoding/prompts.ts";
import { EmbeddingGemmaError } from "./errors.ts";
import { publishedDimensions } from "./model/families.ts";
import { workersOf } from "./model/workers.ts";
import {
  checkTruncateDim,
  type EncodeDefaults,
  type EncodeOptions,
  encodeRules,
  type LoadOptions,
  loadRules,
  modelRule,
  promptRules,
  renamedLoadOptions,
  splitOptions,
} from "./options.ts";
import { namedGraphFile } from "./runtime/graph-file.ts";

/** The default model of {@link LazyEmbedder}: EmbeddingGemma 300m, converted to ONNX. */
export const defaultModel = "onnx-community/embeddinggemma-300m-ONNX";

/** Options of {@link Embedder.connect} alone. */
type ServerOptions = Omit<ConnectOptions, keyof LoadOptions | "model">;

/**
 * Which model to load on first use, which server to connect to, or an embedder that is already
 * loaded.
 */
export interface LazyEmbedderOptions extends LoadOptions, ServerOptions {
  /**
   * URL of a server that embeds, or of several with the same model, as for
   * {@link Embedder.connect}. With it, the options of `connect` apply instead of those of `load`.
   */
  url?: string | URL | readonly (string | URL)[] | undefined;
  /**
   * Hub id or folder of the model, as for {@link Embedder.load}; with `url`, the name of the model
   * on the server.
   *
   * @default {@link defaultModel}; with `url`, the model of the server
   */
  model?: string | URL | undefined;
  /**
   * An embedder that is already loaded. You have to dispose it yourself. You can combine it with
   * the options of encoding, such as `truncateDim`, but not with those of loading.
   */
  embedder?: Embedder | undefined;
  /** Prompt for queries: `{ promptName }` or `{ prompt }`. @default the model's prompt `query` */
  queryPrompt?: PromptOptions | undefined;
  /**
   * Prompt for documents: `{ promptName }` or `{ prompt }`.
   *
   * @default the model's prompt `document`
   */
  documentPrompt?: PromptOptions | undefined;
  /**
   * Aborts the load and every call: they reject with the signal's reason, a call before its next
   * batch. A `signal` of a call aborts that call, too.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Loads an embedder on first use, once for all callers. If the load fails, the next call tries
 * again. Made for classes that get their configuration in a constructor, as in most frameworks. The
 * configuration applies to every call, also if you pass an `embedder`.
 *
 * @example
 * const embedder = new LazyEmbedder({ model: "onnx-community/embeddinggemma-300m-ONNX" });
 * const query = await embedder.encodeQuery("Which planet is red?"); // loads the model
 */
export class LazyEmbedder {
  readonly #encoding: EncodeDefaults;
  readonly #queryPrompt: PromptOptions | undefined;
  readonly #documentPrompt: PromptOptions | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #given: Embedder | undefined;
  readonly #loaded: SharedPromise<Embedder>;

  /**
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`; for a model whose dimensions are not known
   * before it is loaded, the first call throws the latter
   */
  constructor(options: LazyEmbedderOptions = {}) {
    checkOptions(options, lazyEmbedderRules, renamedLoadOptions);
    const { url, embedder, queryPrompt, documentPrompt, ...others } = options;
    const { model = defaultModel, ...loadOptions } = others;
    const { loading, encoding } = splitOptions(loadOptions);
    checkAdapterOption(options.adapter);
    if (embedder !== undefined) {
      const adapter = options.adapter ?? undefined;
      checkGivenAlone({ url, model: options.model, ...loading, adapter, signal: undefined });
      embedder.identityOf(encoding); // checks truncateDim
    } else if (url !== undefined) {
      checkUrls(url);
      refuseOthers(others, connectRules, "It is for models that are loaded here, without `url`.");
      checkOptions<ConnectOptions>(others as ConnectOptions, connectRules);
    } else {
      const { dimension } = options;
      checkOptions({ dimension } as LoadOptions, loadRules); // suggests truncateDim
      refuseOthers(loading, loadRules, "It needs the option `url`.");
      namedGraphFile(loading); // checks modelFile and subfolder
      workersOf(loading); // checks worker and workers
      const published = publishedDimensions(String(model));
      if (published) checkTruncateDim(encoding, published);
    }
    this.#encoding = encoding;
    this.#queryPrompt = queryPrompt;
    this.#documentPrompt = documentPrompt;
    this.#signal = options.signal;
    this.#given = embedder;
    this.#loaded = new SharedPromise(() =>
      url === undefined
        ? Embedder.load(model, loadOptions as LoadOptions)
        : Embedder.connect(url, others as ConnectOptions),
    );
  }

  /** Returns the embedder, and loads it first if needed. */
  get(): Promise<Embedder> {
    if (this.#given) return Promise.resolve(this.#given);
    return this.#loaded.get();
  }

  /** Embeds a query; see {@link Embedder.encodeQuery}. */
  async encodeQuery(query: string, options?: EncodeOptions): Promise<Float32Array> {
    checkText(query, "The query");
    const embedder = await this.#loadedFor(options);
    return embedder.encodeQuery(query, this.#configured(this.#queryPrompt, options));
  }

  /** Embeds several queries; see {@link Embedder.encodeQuery}. */
  async encodeQueries(
    queries: readonly string[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]> {
    if (!Array.isArray(queries)) throw invalidArgument("queries", queries, "an array of queries");
    Array.from(queries, (query, index) => checkText(query, `Query ${index}`));
    const embedder = await this.#loadedFor(options);
    return embedder.encodeQuery(queries, this.#configured(this.#queryPrompt, options));
  }

  /** Embeds documents; see {@link Embedder.encodeDocument}. */
  async encodeDocument(
    documents: readonly DocumentInput[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]> {
    if (!Array.isArray(documents))
      throw invalidArgument("documents", documents, "an array of documents");
    // Before the load. Array.from, unlike forEach, also visits the holes of a sparse array.
    Array.from(documents, (document, index) => checkDocument(document, `Document ${index}`));
    const embedder = await this.#loadedFor(options);
    return embedder.encodeDocument(documents, this.#configured(this.#documentPrompt, options));
  }

  /** Number of dimensions of a vector. */
  async dimension(): Promise<number> {
    const embedder = await this.get();
    return this.#encoding.truncateDim ?? embedder.dimension;
  }

  /**
   * {@link Embedder.identity} of the vectors of documents. It includes `documentPrompt` if you set
   * one.
   */
  async identity(): Promise<string> {
    const identity = (await this.get()).identityOf(this.#encoding);
    return withPrompt(identity, "documentPrompt", this.#documentPrompt);
  }

  /**
   * {@link Embedder.queryIdentity}: the identity of the vectors of queries. It includes
   * `queryPrompt` if you set one.
   */
  async queryIdentity(): Promise<string> {
    const embedder = await this.get();
    const identity = queryIdentity(embedder.identityOf(this.#encoding), embedder.adapter);
    return withPrompt(identity, "queryPrompt", this.#queryPrompt);
  }

  /**
   * Disposes the embedder that was loaded, if any. The next call loads it again. Does nothing to an
   * `embedder` that you passed.
   */
  async dispose(): Promise<void> {
    const embedder = await this.#loaded.forget()?.catch(() => null);
    await embedder?.dispose();
  }

  /** Loads the embedder for a call, which need not wait for the load after its own signal. */
  #loadedFor(options: EncodeOptions = {}): Promise<Embedder> {
    checkOptions(options, encodeRules);
    return untilAborted(options.signal, () => this.get());
  }

  /** Adds the configuration to the options of a call. The call's own prompt takes precedence. */
  #configured(prompt: PromptOptions | undefined, options: EncodeOptions = {}): EncodeOptions {
    const own = defined(options);
    const hasPrompt = own.prompt !== undefined || own.promptName !== undefined;
    const signals = [this.#signal, own.signal].filter((signal) => signal !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    return { ...this.#encoding, ...(hasPrompt ? {} : prompt), ...own, ...defined({ signal }) };
  }
}

function withPrompt(identity: string, key: string, given: PromptOptions | undefined): string {
  if (!given) return identity;
  const name = JSON.stringify(given.prompt ?? { promptName: given.promptName });
  return `${identity}&${key}=${encodeURIComponent(name)}`;
}

const promptRule: Rule = {
  expected: '{ promptName: "…" } or { prompt: "…" }',
  accepts: (value) => {
    const prompt = isRecord(value) ? Object.entries(defined(value)) : [];
    const isKnown = ([name, text]: [string, unknown]) =>
      Object.hasOwn(promptRules, name) && rules.text.accepts(text);
    return prompt.length > 0 && prompt.every(isKnown);
  },
  hint: (value) => {
    const names = Object.keys(promptRules);
    const unknown = isRecord(value) ? Object.keys(defined(value)) : [];
    const nearest = unknown
      .filter((name) => !names.includes(name))
      .map((name) => [name, nearestOption(name, names)] as const)
      .find(([, name]) => name !== undefined);
    return nearest && `It has no \`${nearest[0]}\`. Did you mean \`${nearest[1]}\`?`;
  },
};

const lazyEmbedderRules: Rules<LazyEmbedderOptions> = {
  url: rules.anything, // checked by checkUrls; before `endpoint`, for what others call it
  ...connectRules,
  ...loadRules,
  model: modelRule,
  embedder: {
    expected: "an Embedder, the result of `await Embedder.load(…)`",
    accepts: (value) =>
      isRecord(value) &&
      typeof value.encodeQuery === "function" &&
      typeof value.encodeDocument === "function",
  },
  queryPrompt: promptRule,
  documentPrompt: promptRule,
};

/** Refuses options of `Embedder.load` with `url`, and those of `Embedder.connect` without it. */
function refuseOthers(options: object, known: Readonly<Record<string, Rule>>, advice: string) {
  const other = Object.keys(defined(options)).find((name) => !Object.hasOwn(known, name));
  if (other === undefined) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `The option \`${other}\` cannot take effect here. ${advice}`,
    { option: other },
  );
}

function checkGivenAlone(loading: object): void {
  const given = Object.keys(defined(loading));
  if (given.length === 0) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `\`embedder\` is already loaded, so ${given.join(", ")} cannot take effect. ${
      given.includes("adapter")
        ? "Pass `embedder: embedder.withAdapter(await Adapter.load(folder))`."
        : "Set either `embedder`, or `model` and the options of loading."
    }`,
    { options: given },
  );
}
