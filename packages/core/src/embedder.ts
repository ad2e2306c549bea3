import { defined } from "@embeddinggemma/internal";
import { adaptationOf } from "./adapter/adaptation.ts";
import type { Adapter } from "./adapter/adapter.ts";
import { adaptedIdentity, checkAdapter, queryIdentity } from "./adapter/adapter-identity.ts";
import { type ChosenAdapter, checkWithAdapter, chooseAdapter } from "./adapter/adapter-option.ts";
import type { TextSide } from "./adapter/adapter-parts.ts";
import { checkOptions, invalidArgument } from "./check.ts";
import {
  type ConnectOptions,
  checkUrls,
  connectRules,
  splitConnectOptions,
} from "./connect-options.ts";
import { type EmbedderParts, partsRules } from "./embedder-parts.ts";
import { loadMeasuredModel, warnOfBatches } from "./encoding/batch-invariance.ts";
import { type EmbeddingModel, withQueue } from "./encoding/embedding-model.ts";
import { encodeStream, isAsyncIterable, type StreamPosition } from "./encoding/encode-stream.ts";
import { type EncodeSettings, encodeTexts, encodeTokenStates } from "./encoding/encode-texts.ts";
import {
  type Prepare,
  promptedDocument,
  promptedText,
  tokenInputOf,
} from "./encoding/prompted-input.ts";
import { choosePrompt, type DocumentInput, sideOfPrompt } from "./encoding/prompts.ts";
import { withIndex } from "./encoding/refused-text.ts";
import { type SelfCheckReport, selfCheck } from "./encoding/self-check.ts";
import type { Priority } from "./encoding/waiting-calls.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import { dtypeReasonOf } from "./model/choose-graph.ts";
import { CountedHandle } from "./model/counted-handle.ts";
import type { ModelDescription } from "./model/description.ts";
import { embeddingIdentity, modelIdentity } from "./model/identity.ts";
import { acquireModel } from "./model/shared-models.ts";
import {
  type CountOptions,
  checkTruncateDim,
  countRules,
  type EncodeDefaults,
  type EncodeOptions,
  type EncodeTokensOptions,
  encodeDefaults,
  encodeDefaultsRules,
  encodeRules,
  encodeTokensRules,
  type LoadOptions,
  loadRules,
  modelRule,
  renamedLoadOptions,
  splitOptions,
  type TokenEmbeddingsOptions,
  type TokenizeTextOptions,
  tokenEmbeddingsRules,
  tokenizeTextRules,
} from "./options.ts";
import { connectModel } from "./remote/connect-model.ts";
import type { Tokenizer } from "./runtime/backend.ts";
import type { Dtype } from "./runtime/dtype.ts";
import { graphFileOfDtype, namedGraphFile } from "./runtime/graph-file.ts";
import type { Token } from "./runtime/tokens-of.ts";
import { type SimilarityFunction, similarity } from "./vectors/similarity.ts";
import type { Vector } from "./vectors/vectors.ts";

/**
 * Turns texts into vectors as Sentence Transformers does: prompt, tokens, model, pooling, Dense
 * layers, Matryoshka truncation, normalization. Create one with {@link Embedder.load}.
 *
 * @example
 * await using embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX");
 * const query = await embedder.encodeQuery("Which planet is known as the Red Planet?");
 * const documents = await embedder.encodeDocument(["Venus is hot.", "Mars is red."]);
 * embedder.similarity(query, documents); // one row of two scores
 */
export class Embedder implements AsyncDisposable {
  /** The Hub id or folder that was loaded, or the name of the model on a server. */
  readonly model: string;
  /**
   * Why `dtype: "auto"` took {@link Embedder.dtype}, as a line to log; null if you chose the dtype
   * or the file yourself.
   */
  readonly dtypeReason: string | null;
  readonly #handle: CountedHandle<EmbeddingModel>;
  readonly #description: ModelDescription;
  readonly #defaults: Defaults;
  readonly #adapter: Adapter | null;
  readonly #running = new Set<Promise<unknown>>();
  #disposing: Promise<void> | null = null;

  private constructor(parts: OwnParts) {
    if (!Object(parts).handle)
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        "An embedder cannot be made with `new`, since its model has to be loaded first. " +
          "Use `await Embedder.load(…)`.",
      );
    const { model, handle, defaults, dtypeReason = null, chosen = null } = parts;
    const { description, identity } = handle.model;
    checkTruncateDim(defaults, description);
    if (chosen) {
      const adapted = { model, identity, dimension: description.dimension };
      checkAdapter(chosen.adapter, adapted, chosen.allowMismatch);
    }
    this.model = model;
    this.dtypeReason = dtypeReason;
    this.#handle = handle;
    this.#description = description;
    this.#adapter = chosen?.adapter ?? null;
    this.#defaults = {
      truncateDim: description.truncateDim ?? description.dimension,
      ...encodeDefaults,
      ...defined(defaults),
    };
  }

  /**
   * Loads a model from a local folder if it exists (a path, in which a leading `~` is the home
   * folder, or a `file:` URL), else from a repository on the Hugging Face Hub.
   *
   * In a browser, a folder is a URL, which must begin with `/`, `./` or `https:`, such as
   * `/models/tiny/`, and files are stored in the cache of Transformers.js. ONNX Runtime downloads
   * its own WebAssembly files from a CDN, unless you set `env.backends.onnx.wasm.wasmPaths` of
   * Transformers.js.
   *
   * Embedders that load the same model with the same options share its weights until the last of
   * them is disposed.
   *
   * @example
   * const embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX", {
   *   dtype: "q8",
   *   truncateDim: 256,
   * });
   *
   * @throws {@link EmbeddingGemmaError} with a `code` for the options (`INVALID_ARGUMENT`,
   * `UNTRAINED_DIMENSION`, `UNSUPPORTED_DTYPE`), the model (`MODEL_NOT_FOUND`,
   * `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`, `MODEL_NOT_DESCRIBED`), the network
   * (`DOWNLOAD_FAILED`) or the runtime (`LOAD_FAILED`, `WORKER_FAILED`); the reason of `signal` if
   * it is aborted
   */
  static async load(model: string | URL, options: LoadOptions = {}): Promise<Embedder> {
    checkOptions({ model }, { model: { ...modelRule, required: true } });
    checkOptions(options, loadRules, renamedLoadOptions);
    const name = String(model);
    const { adapter, ...others } = options;
    const { loading, encoding } = splitOptions(others);
    namedGraphFile(loading); // checks modelFile and subfolder
    const chosen = await chooseAdapter(adapter, loading);
    const handle = await acquireModel(name, loading, loadMeasuredModel);
    try {
      const embedder = new Embedder({
        model: name,
        handle: new CountedHandle(handle),
        defaults: encoding,
        dtypeReason: dtypeReasonOf(loading, handle.model.dtype),
        chosen,
      });
      if (!embedder.batchInvariant && encoding.batchSize !== 1) warnOfBatches(name, handle.model);
      return embedder;
    } catch (error) {
      await handle.release();
      throw error;
    }
  }

  /**
   * Connects to a server that embeds: `@embeddinggemma/server`, Text Embeddings Inference, or any
   * with OpenAI's API, such as infinity, vLLM, Ollama and OpenAI itself. The embedder has the same
   * methods and gives the same vectors as one that is loaded here. Prompts are added here, full
   * vectors are fetched, and cut and normalized here, so a cache serves any `truncateDim`. Runs in
   * browsers, too.
   *
   * Several addresses must serve the same model. A request goes to the least busy one; one that
   * fails rests, and is tried again later. Requests that fail for a while are repeated.
   *
   * {@link Embedder.identity} never depends on the URL. With `@embeddinggemma/server`, it is that
   * of the same model loaded here; with others, it has what they say: name, commit and dtype, or
   * only the name.
   *
   * @example
   * const embedder = await Embedder.connect("http://localhost:8080");
   * const query = await embedder.encodeQuery("Which planet is known as the Red Planet?");
   *
   * @example
   * const embedder = await Embedder.connect("http://localhost:11434/v1", {
   *   model: "embeddinggemma",
   *   tokenizer: "onnx-community/embeddinggemma-300m-ONNX",
   * });
   *
   * @param url - URL of the server, with or without `/v1`; an array for several
   * @throws {@link EmbeddingGemmaError}: `SERVER_FAILED` if no server can be reached or none has a
   * known API, `MODEL_CHANGED` if they have different models, `MODEL_NOT_DESCRIBED` if the prompts
   * of the model are not known, `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`; those of
   * {@link Embedder.load} for the files of `tokenizer`; the reason of `signal` if it is aborted.
   * Calls reject with the first two as well, and with `INPUT_TOO_LONG` if the server says that a
   * text is too long
   */
  static async connect(
    url: string | URL | readonly (string | URL)[],
    options: ConnectOptions = {},
  ): Promise<Embedder> {
    const urls = checkUrls(url);
    checkOptions(options, connectRules);
    const { adapter, ...others } = options;
    const { connecting, encoding } = splitConnectOptions(others);
    const chosen = await chooseAdapter(adapter, connecting);
    const model = await connectModel(urls, { ...connecting, ownsQueries: adapter !== undefined });
    return new Embedder({
      model: model.facts.model,
      handle: new CountedHandle({ model, release: () => model.release() }),
      defaults: { ...model.limits, ...encoding },
      chosen,
    });
  }

  /**
   * Creates an embedder from any {@link Backend}, such as another runtime or a plain object in a
   * test.
   *
   * @example
   * const embedder = Embedder.from({ model: "my-model", backend, description, truncateDim: 256 });
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`
   */
  static from(parts: EmbedderParts): Embedder {
    checkOptions(parts, partsRules);
    const { model, backend, description, adapter, ...defaults } = parts;
    const graphFile = graphFileOfDtype("fp32");
    const { dtype } = graphFile;
    const identity = modelIdentity(model, graphFile, description);
    const { batchInvariant = true } = backend;
    const loaded = withQueue({ backend, description, dtype, identity, batchInvariant });
    const handle = new CountedHandle({ model: loaded, release: () => loaded.release() });
    const chosen = adapter ? { adapter, allowMismatch: false } : null;
    return new Embedder({ model, handle, defaults, chosen });
  }

  /** @deprecated Use {@link Embedder.from}. */
  static fromBackend(): never {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "Embedder.fromBackend(model, backend, description, options) is now called " +
        "Embedder.from({ model, backend, description, ...options }).",
    );
  }

  /**
   * The same embedder with another adapter, or with none. It shares the weights, which are freed
   * when both are disposed.
   *
   * @example
   * const tuned = embedder.withAdapter(await Adapter.load("./adapters/planets"));
   * const untuned = tuned.withAdapter(null);
   *
   * @param options - `allowMismatch`: take an adapter of another model, if its vectors have the
   * same length
   * @throws `ADAPTER_MISMATCH`, `INVALID_ARGUMENT`, `DISPOSED`
   */
  withAdapter(adapter: Adapter | null, options: { allowMismatch?: boolean } = {}): Embedder {
    checkWithAdapter(adapter, options);
    const { allowMismatch = false } = options;
    if (this.#disposing) throw disposed(this.model);
    const other = new Embedder({
      model: this.model,
      handle: this.#handle,
      defaults: this.#defaults,
      dtypeReason: this.dtypeReason,
      chosen: adapter && { adapter, allowMismatch },
    });
    this.#handle.hold();
    return other;
  }

  /** The adapter that changes the vectors of queries or of all texts; null if there is none. */
  get adapter(): Adapter | null {
    return this.#adapter;
  }

  /**
   * Number format of the weights that were loaded, as far as the name of their file says. For an
   * embedder of {@link Embedder.from}, it is `"fp32"`.
   *
   * @example
   * console.log(embedder.dtype, embedder.dtypeReason);
   */
  get dtype(): Dtype {
    return this.#handle.model.dtype;
  }

  /** The model's prompts by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#description.prompts;
  }

  /** Name of the prompt that `encode` uses if the call names none; null if there is none. */
  get defaultPromptName(): string | null {
    return this.#description.defaultPromptName;
  }

  /** Number of dimensions of a vector, after truncation. */
  get dimension(): number {
    return this.#defaults.truncateDim;
  }

  /** Values of `truncateDim` that the model was trained for, longest first. */
  get matryoshkaDimensions(): readonly number[] {
    return this.#description.matryoshkaDimensions;
  }

  /** Maximum length of an input in tokens, prompt and special tokens included. */
  get maxTokens(): number {
    return this.#description.maxTokens;
  }

  /** How to compare the model's vectors. */
  get similarityFunction(): SimilarityFunction {
    return this.#description.similarityFunction;
  }

  /**
   * Whether the vector of a text does not depend on the other texts of its batch, apart from
   * rounding. It does with ONNX files that quantize activations dynamically, as many files of the
   * dtypes `q8`, `int8` and `uint8` do: one scale is computed for the whole batch. This is measured
   * when the model is loaded, and if it is `false`, a warning says so once.
   *
   * With `batchSize: 1`, every text is embedded alone and always gets the same vector. Otherwise,
   * only those vectors are cached that were computed alone.
   *
   * For an embedder of {@link Embedder.from}, this is what the backend says.
   */
  get batchInvariant(): boolean {
    return this.#handle.model.batchInvariant;
  }

  /**
   * Everything that the vectors depend on, as one string to store beside them: model and commit
   * (for a folder that is not from the Hub, a digest of tokenizer and weights), dtype, the name of
   * an ONNX file that is not the one of its dtype, recipe, prompts, dimension and normalization.
   * The recipe is how tokens become a vector: the version of this package's computation, and a
   * digest of the model's settings for it, such as pooling and `maxTokens`. The identity is the
   * same on every machine. Never compare or mix vectors with different identities.
   *
   * An {@link Embedder.adapter} is part of it if it changes documents, too. One that changes
   * queries alone is not, since the vectors of documents stay valid; see
   * {@link Embedder.queryIdentity}.
   *
   * @example
   * owner/name@<commit>?dtype=q8&recipe=1.<digest>&prompts=<digest>&dimension=256&normalize=true
   */
  get identity(): string {
    return this.identityOf();
  }

  /**
   * The identity of the vectors of queries: {@link Embedder.identity}, and the adapter if it
   * changes queries alone. For a cache of them, or to compare two embedders.
   */
  get queryIdentity(): string {
    return queryIdentity(this.identity, this.#adapter);
  }

  /**
   * The part of {@link Embedder.identity} for full vectors, before truncation and normalization:
   * the model's files and its recipe, and an adapter that changes documents, without prompts.
   */
  get modelIdentity(): string {
    return adaptedIdentity(this.#handle.model.identity, this.#adapter);
  }

  /** Everything that the vectors depend on, apart from the weights. */
  get description(): ModelDescription {
    return this.#description;
  }

  /**
   * {@link Embedder.identity} of the vectors of calls with these options.
   *
   * @throws `INVALID_ARGUMENT`, `UNTRAINED_DIMENSION`
   */
  identityOf(options: EncodeDefaults = {}): string {
    checkOptions(options, encodeDefaultsRules);
    const { truncateDim, normalize } = this.#withDefaults(options);
    const settings = { dimension: truncateDim, normalize };
    return embeddingIdentity(this.modelIdentity, this.#description, settings);
  }

  /**
   * The model's tokenizer, for text splitters. It is synchronous, and adds no prompt and no special
   * tokens.
   */
  get tokenizer(): Tokenizer {
    return this.#model.tokenizer;
  }

  /**
   * Embeds texts with the prompt of the options, else the model's default prompt, else none. Calls
   * that wait for the model share its batches, so many single calls are as fast as one array.
   *
   * @example
   * const vector = await embedder.encode("a sentence", { promptName: "STS" });
   *
   * @returns one vector for a text; for an array, one vector per text, in input order, as views of
   * one contiguous array. A structured clone of one vector, as `postMessage` and IndexedDB make it,
   * copies the whole array: pass `vector.slice()`
   * @throws `UNKNOWN_PROMPT`, `UNTRAINED_DIMENSION`, `INVALID_ARGUMENT`, `INPUT_TOO_LONG`,
   * `MODEL_INCOMPLETE`, `INFERENCE_FAILED`, `WORKER_FAILED`, `CACHE_FAILED`, `DISPOSED`
   */
  encode(text: string, options?: EncodeOptions): Promise<Float32Array>;
  encode(texts: readonly string[], options?: EncodeOptions): Promise<Float32Array[]>;
  async encode(
    input: string | readonly string[],
    options: EncodeOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    return this.#encode(this.#startCall("bulk", options), input, promptedText);
  }

  /**
   * Embeds queries with the prompt `query`. A query does not wait for running calls with many
   * texts: it runs before their next batch. See {@link Embedder.encode}.
   *
   * @example
   * const query = await embedder.encodeQuery("Which planet is known as the Red Planet?");
   */
  encodeQuery(query: string, options?: EncodeOptions): Promise<Float32Array>;
  encodeQuery(queries: readonly string[], options?: EncodeOptions): Promise<Float32Array[]>;
  async encodeQuery(
    input: string | readonly string[],
    options: EncodeOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    return this.#encode(this.#startCall("query", options, "query"), input, promptedText);
  }

  /**
   * Embeds documents with the prompt `document`. In EmbeddingGemma's `title: none | text: `, the
   * title of a document replaces `none`. See {@link Embedder.encode}.
   *
   * @example
   * const documents = await embedder.encodeDocument([
   *   "Venus is hot.",
   *   { title: "Mars", text: "It is red." },
   * ]);
   */
  encodeDocument(document: DocumentInput, options?: EncodeOptions): Promise<Float32Array>;
  encodeDocument(
    documents: readonly DocumentInput[],
    options?: EncodeOptions,
  ): Promise<Float32Array[]>;
  async encodeDocument(
    input: DocumentInput | readonly DocumentInput[],
    options: EncodeOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    if (isAsyncIterable(input)) {
      const hint = "For a stream, use encodeDocumentStream.";
      throw invalidArgument("documents", input, "a document or an array of documents", hint);
    }
    return this.#encode(this.#startCall("bulk", options, "document"), input, promptedDocument);
  }

  /**
   * Embeds a stream of documents of any length in bounded memory. Reads up to 256 documents, yields
   * their vectors in input order, and reads more when you ask for the next vectors. In
   * `onProgress`, `total` is the number of documents read so far. See
   * {@link Embedder.encodeDocument}.
   *
   * @example
   * for await (const vectors of embedder.encodeDocumentStream(readDocuments())) {
   *   console.log(vectors.length); // up to 256
   * }
   */
  async *encodeDocumentStream(
    documents: AsyncIterable<DocumentInput>,
    options: EncodeOptions = {},
  ): AsyncGenerator<Float32Array[], void, undefined> {
    if (!isAsyncIterable(documents)) {
      const hint = "For a document or an array of documents, use encodeDocument.";
      throw invalidArgument("documents", documents, "an AsyncIterable", hint);
    }
    const call = this.#startCall("bulk", options, "document");
    // Between two windows, the embedder may be disposed.
    const encodeWindow = (window: DocumentInput[], position: StreamPosition) =>
      this.#encodeAll({ ...call, model: this.#model }, window, promptedDocument, position);
    yield* encodeStream(documents, encodeWindow, options);
  }

  /**
   * Embeds token ids as they are: no prompt and no special tokens are added. Ids that exceed
   * `maxTokens` are cut. See {@link Embedder.encode}.
   *
   * @param ids - token ids with special tokens: those of one text, or of several
   */
  encodeTokens(ids: readonly number[], options?: EncodeTokensOptions): Promise<Float32Array>;
  encodeTokens(
    ids: readonly (readonly number[])[],
    options?: EncodeTokensOptions,
  ): Promise<Float32Array[]>;
  async encodeTokens(
    ids: readonly number[] | readonly (readonly number[])[],
    options: EncodeTokensOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    checkOptions(options, encodeTokensRules);
    const call = this.#startCall("bulk", { ...options, prompt: "" });
    const isOne = !Array.isArray(ids) || typeof ids[0] === "number";
    const sequences = (isOne ? [ids] : ids) as readonly (readonly number[])[];
    const vectors = await this.#encodeAll(call, sequences, tokenInputOf(call.model.tokenizer));
    return isOne ? vectors[0]! : vectors;
  }

  /**
   * Computes a vector for every token of a text: the final hidden states, before pooling, Dense
   * layers and normalization.
   *
   * @param input - a text, or an array of texts, in which token ids can stand for a text, as in
   * {@link Embedder.encodeTokens}
   * @returns for a text one vector per token, special tokens and prompt included; for an array, the
   * same for each text
   * @throws `MODEL_INCOMPLETE` if the ONNX graph has no output `last_hidden_state`, and the errors
   * of {@link Embedder.encode}
   * @see `output_value="token_embeddings"` of Sentence Transformers
   */
  encodeTokenEmbeddings(input: string, options?: TokenEmbeddingsOptions): Promise<Float32Array[]>;
  encodeTokenEmbeddings(
    input: readonly (string | readonly number[])[],
    options?: TokenEmbeddingsOptions,
  ): Promise<Float32Array[][]>;
  async encodeTokenEmbeddings(
    input: string | readonly (string | readonly number[])[],
    options: TokenEmbeddingsOptions = {},
  ): Promise<Float32Array[] | Float32Array[][]> {
    checkOptions(options, tokenEmbeddingsRules);
    const { model, prompt, settings } = this.#startCall("bulk", options);
    const isOne = !Array.isArray(input);
    const prepareIds = tokenInputOf(model.tokenizer);
    const texts = Array.from(isOne ? [input] : input, (item, index) =>
      Array.isArray(item)
        ? prepareIds(prompt, item, index)
        : promptedText(prompt, item as string, isOne ? undefined : index),
    );
    const states = await this.#track(encodeTokenStates(model, texts, settings));
    return isOne ? states[0]! : states;
  }

  /**
   * Checks whether model, dtype and device work together on this machine. Embeds a few built-in
   * texts and compares their similarities with the values that the authors of the model have
   * published, and their vectors with those of Sentence Transformers. So a wrong file, prompt,
   * kernel or device shows. The tolerances depend on the dtype. An adapter is left out.
   *
   * @returns the comparison, or null if the model has no published values, or if you set the option
   * `prompts` or `pooling`
   */
  async selfCheck(): Promise<SelfCheckReport | null> {
    const { selfCheck: values, dimension } = this.#description;
    const untuned = this.withAdapter(null);
    try {
      return await selfCheck(untuned, values, this.dtype, dimension);
    } finally {
      await untuned.dispose();
    }
  }

  /**
   * Compares vectors with the model's similarity function. Higher is more similar.
   *
   * @returns one row for each vector of `a`, one column for each of `b`
   */
  similarity(a: Vector | readonly Vector[], b: Vector | readonly Vector[]): number[][] {
    return similarity(a, b, this.similarityFunction);
  }

  /**
   * Counts the tokens of a text as the model would receive it, with prompt and special tokens, but
   * before truncation. The prompt is chosen as in {@link Embedder.encode}: `prompt`, `promptName`
   * (such as `"document"`), the model's default prompt, or none.
   *
   * A long text is counted in pieces, so that the event loop runs in between. `signal` aborts it.
   *
   * @throws `UNKNOWN_PROMPT`, `INVALID_ARGUMENT`, `DISPOSED`; the reason of `signal`
   */
  async countTokens(text: string, options: CountOptions = {}): Promise<number> {
    const model = this.#model;
    checkOptions(options, countRules);
    const { addSpecialTokens = true, signal, ...promptOptions } = options;
    signal?.throwIfAborted();
    const input = promptedText(choosePrompt(this.#description, promptOptions), text);
    // Servers refuse an empty text.
    if (!addSpecialTokens && input.prompt + input.text === "") return 0;
    const preparing = model.prepare([input], { needsLengths: true, signal });
    const [prepared] = await this.#track(preparing).catch((error: unknown) => {
      throw withIndex(error, () => 0);
    });
    const { fullLength, specialTokens = 0 } = prepared!;
    return addSpecialTokens ? fullLength : fullLength - specialTokens;
  }

  /**
   * The tokens of a text as the model would receive it, before truncation, with their places in
   * the text. The prompt is chosen as in {@link Embedder.encode}. A long text is tokenized in
   * pieces, so that the event loop runs in between.
   *
   * @example
   * for (const { id, text, start, end } of await embedder.tokenize("Mars is red.")) {
   *   console.log(id, text, start, end); // offsets in the prompt and the text, joined
   * }
   *
   * @throws `UNKNOWN_PROMPT`, `INVALID_ARGUMENT`, also if the tokenizer of a backend or of a server
   * gives no offsets; `DISPOSED`
   */
  async tokenize(text: string, options: TokenizeTextOptions = {}): Promise<Token[]> {
    const model = this.#model;
    checkOptions(options, tokenizeTextRules);
    const { addSpecialTokens = true, signal, ...promptOptions } = options;
    signal?.throwIfAborted();
    const { prompt } = promptedText(choosePrompt(this.#description, promptOptions), text);
    return this.#track(model.tokens(prompt + text, { addSpecialTokens, signal }));
  }

  /**
   * Waits for running calls, then releases the model. Its memory is freed if no other embedder
   * shares it. Later calls reject with `DISPOSED`; properties such as `prompts` and `dimension`
   * stay readable. It is safe to call this more than once.
   */
  dispose(): Promise<void> {
    this.#disposing ??= Promise.allSettled(this.#running).then(() => this.#handle.release());
    return this.#disposing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  get #model(): EmbeddingModel {
    if (this.#disposing) throw disposed(this.model);
    return this.#handle.model;
  }

  #withDefaults(options: EncodeDefaults): Defaults {
    const settings = { ...this.#defaults, ...defined(options) };
    if (options.truncateDim !== undefined) checkTruncateDim(settings, this.#description);
    return settings;
  }

  /**
   * Checks and completes the options of a call.
   *
   * @param method - which texts the method is for: their prompt is used if the options name none
   */
  #startCall(priority: Priority, options: EncodeOptions, method?: TextSide): Call {
    const model = this.#model;
    checkOptions(options, encodeRules);
    const settings = this.#withDefaults(options);
    const prompt = choosePrompt(this.#description, {
      prompt: options.prompt,
      promptName: options.promptName ?? method,
    });
    const side = method ?? sideOfPrompt(this.#description, prompt);
    const adapt = adaptationOf(this.#adapter, side, this.#description);
    const { truncateDim: dimension } = settings;
    return { model, prompt, settings: { ...settings, adapt, dimension, priority } };
  }

  async #encode<T>(
    call: Call,
    input: T | readonly T[],
    prepare: Prepare<T>,
  ): Promise<Float32Array | Float32Array[]> {
    if (Array.isArray(input)) return this.#encodeAll(call, input, prepare);
    const { model, prompt, settings } = call;
    const text = prepare(prompt, input as T);
    const [vector] = await this.#track(encodeTexts(model, [text], settings));
    return vector!;
  }

  #encodeAll<T>(
    { model, prompt, settings }: Call,
    items: readonly T[],
    prepare: Prepare<T>,
    position?: StreamPosition,
  ): Promise<Float32Array[]> {
    const { firstIndex = 0 } = position ?? {};
    // Array.from, unlike map, also visits the holes of a sparse array.
    const texts = Array.from(items, (item, index) => prepare(prompt, item, firstIndex + index));
    return this.#track(encodeTexts(model, texts, { ...settings, ...position }));
  }

  /** Makes `dispose` wait for a call. */
  #track<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }
}

function disposed(model: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "DISPOSED",
    `The embedder of ${show(model)} was disposed. Load it again with Embedder.load.`,
    { model },
  );
}

/** What an embedder consists of. */
interface OwnParts {
  readonly model: string;
  readonly handle: CountedHandle<EmbeddingModel>;
  readonly defaults: EncodeDefaults;
  readonly dtypeReason?: string | null;
  readonly chosen?: ChosenAdapter | null;
}

/** Defaults, with a value for every option that a call needs. */
interface Defaults extends EncodeDefaults {
  truncateDim: number;
  normalize: boolean;
  truncation: "cut" | "error";
  maxBatchTokens: number;
}

/** A call of an embedder, with its options checked and completed. */
interface Call {
  readonly model: EmbeddingModel;
  readonly prompt: string;
  readonly settings: EncodeSettings;
}
