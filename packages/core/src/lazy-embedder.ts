import { checkEncodeOptions, checkLoadOptions } from "./check-options.ts";
import { Embedder, type EncodeDefaults, type LoadOptions } from "./embedder.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";

/** The model that is loaded where none is named: EmbeddingGemma 300m, as ONNX. */
export const defaultModel = "onnx-community/embeddinggemma-300m-ONNX";

/** A ready embedder, or which model to load when the first text comes. */
export interface LazyEmbedderOptions extends LoadOptions {
  /** Hub id or folder of the model. @default {@link defaultModel} */
  model?: string;
  /**
   * An embedder that is loaded already, and stays the caller's to dispose. Options of loading may not stand beside it; those of
   * encoding, such as `truncateDim`, may.
   */
  embedder?: Embedder;
}

/**
 * Loads an embedder when it is first needed: once, for all who ask; a failed load is not remembered. For code that is configured in
 * a constructor, as that of frameworks is.
 */
export class LazyEmbedder {
  /** Options of encoding that a given `embedder` does not know; to be passed with every call. */
  readonly encodeOptions: EncodeDefaults;
  readonly #given: Embedder | undefined;
  readonly #load: () => Promise<Embedder>;
  #loading: Promise<Embedder> | null = null;

  /** @throws `INVALID_OPTION`, `UNTRAINED_DIMENSION` for whatever can be seen to be wrong without loading the model. */
  constructor(options: LazyEmbedderOptions = {}) {
    const { model = defaultModel, embedder, ...loadOptions } = options;
    const { truncateDim, allowUntrainedDim, normalize, truncation, onTruncate, maxBatchTokens, cache, ...loading } =
      loadOptions;
    const encodeOptions = { truncateDim, allowUntrainedDim, normalize, truncation, onTruncate, maxBatchTokens, cache };
    if (embedder !== undefined) checkGivenEmbedder(embedder, { model: options.model, ...loading });
    else checkLoadOptions(model, loading);
    checkEncodeOptions(encodeOptions as EncodeDefaults, embedder?.matryoshkaDimensions);
    this.encodeOptions = encodeOptions as EncodeDefaults;
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

  /** Disposes an embedder that was loaded here; the next {@link LazyEmbedder.get} loads it anew. */
  async dispose(): Promise<void> {
    const loading = this.#loading;
    this.#loading = null;
    const embedder = await loading?.catch(() => null);
    await embedder?.dispose();
  }
}

function checkGivenEmbedder(embedder: Embedder, loading: object): void {
  if (typeof embedder?.encodeQuery !== "function" || typeof embedder.encodeDocument !== "function") {
    throw new EmbeddingGemmaError(
      "INVALID_OPTION",
      `embedder must be an Embedder, made by \`await Embedder.load(…)\`; ${show(embedder)} was given.`,
      { embedder },
    );
  }
  const beside = Object.entries(loading).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (beside.length > 0) {
    throw new EmbeddingGemmaError(
      "INVALID_OPTION",
      `\`embedder\` is loaded already, so ${beside.join(", ")} cannot take effect. Give either \`embedder\`, or \`model\` and the options of loading.`,
      { options: beside },
    );
  }
}
