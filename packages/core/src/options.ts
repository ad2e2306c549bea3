import type { VectorCache } from "./cache/vector-cache.ts";
import { defined } from "./defined.ts";
import type { EncodeProgress, Truncation } from "./encoding/encode-texts.ts";
import type { LoadModelOptions } from "./model/load-model.ts";

/** What every call of an embedder does unless the call says otherwise. */
export interface EncodeDefaults {
  /**
   * Keep only this many leading numbers of each vector (Matryoshka): for EmbeddingGemma 768, 512,
   * 256 or 128.
   * @default the `truncate_dim` of the model, if it has one, else its full dimension
   */
  truncateDim?: number;
  /** Allow a `truncateDim` that the model was not trained for. @default false */
  allowUntrainedDim?: boolean;
  /**
   * Divide each vector, after truncation, by its length. `false` gives what Sentence Transformers
   * gives by default: a truncated vector that is not of unit length.
   * @default true
   */
  normalize?: boolean;
  /**
   * What happens to a text over `maxTokens`: its end is cut, or the call fails with
   * `INPUT_TOO_LONG`.
   *
   * @default "end"
   */
  truncation?: "end" | "error";
  /** Called for each text that is cut. */
  onTruncate?: (truncation: Truncation) => void;
  /**
   * Most tokens in one inference, padding included. A larger budget gains nothing on a CPU once the
   * cores are busy, and takes memory.
   * @default 1024
   */
  maxBatchTokens?: number;
  /**
   * Where vectors are kept and looked up, so that a text that was embedded before is not embedded
   * again; null for nowhere. What is kept serves every `truncateDim`, `normalize` and model. The
   * embedder does not close it.
   * @default null
   */
  cache?: VectorCache | null;
}

/** Options of one call. */
export interface EncodeOptions extends EncodeDefaults {
  /** Called after each batch, and once for what the cache had. */
  onProgress?: (progress: EncodeProgress) => void;
  /** Stops the call before its next batch; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of {@link Embedder.load}. */
export interface LoadOptions extends LoadModelOptions, EncodeDefaults {}

/** The options of a load, those of encoding apart. */
export function splitOptions(options: LoadOptions): {
  loading: LoadModelOptions;
  encoding: EncodeDefaults;
} {
  const {
    truncateDim,
    allowUntrainedDim,
    normalize,
    truncation,
    onTruncate,
    maxBatchTokens,
    cache,
    ...loading
  } = options;
  const encoding = {
    truncateDim,
    allowUntrainedDim,
    normalize,
    truncation,
    onTruncate,
    maxBatchTokens,
    cache,
  };
  return { loading, encoding: defined(encoding) as EncodeDefaults };
}
