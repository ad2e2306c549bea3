import type { TokenSpan } from "../tokenizer/token-spans.ts";
import type { TokenizeOptions } from "../tokenizer/tokenize-long.ts";

/** Token ids of several texts, padded to one length. Both arrays are row-major, `rows × length`. */
export interface Batch {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: BigInt64Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: BigInt64Array;
}

/** Output of the model for a {@link Batch}. At least one of the two must be set. */
export interface BackendOutput {
  /** The finished vectors, `rows × dimension`, if the ONNX graph contains all modules. */
  readonly sentenceEmbedding?: Float32Array;
  /** The last hidden states, `rows × length × hidden size`. */
  readonly lastHiddenState?: Float32Array;
}

/** What {@link Backend.run} is asked for. */
export interface RunOptions {
  /**
   * Whether the last hidden states are needed even if there are finished vectors.
   *
   * @default false
   */
  readonly hiddenStates?: boolean | undefined;
}

/** The special tokens that the tokenizer adds around a text, such as `<bos>` and `<eos>`. */
export interface SpecialTokens {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Converts text to token ids and back. It is synchronous, as text splitters need it. */
export interface Tokenizer {
  /** Token ids of a text, without special tokens. */
  encode(text: string): number[];
  /**
   * The text of token ids. Ids that the vocabulary does not have are left out, as in Hugging Face's
   * `tokenizers`.
   *
   * @throws `INVALID_ARGUMENT` for an id that is not a non-negative integer
   */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** Whether the vocabulary has a token id. */
  has?(id: number): boolean;
}

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /**
   * Whether special tokens, such as `<bos>`, are left out of the text.
   *
   * @default true
   */
  readonly skipSpecialTokens?: boolean | undefined;
}

/**
 * Runs a model for an embedder. `Embedder.load` uses Transformers.js. You can pass any other object
 * with this interface to `Embedder.from`.
 */
export interface Backend {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  readonly padding: { readonly id: number; readonly side: "left" | "right" };
  /**
   * Token ids of many texts, without special tokens. Should not block the event loop for long. With
   * `maxTokens`, it need not tokenize the rest of a long text.
   */
  tokenize(texts: readonly string[], options?: TokenizeOptions): Promise<number[][]>;
  /**
   * The tokens of a text with their offsets, without special tokens around the text. The ids are
   * those of `tokenizer.encode`. Offsets are in UTF-16 code units, as for `String.slice`. Leave it
   * out if offsets are not known.
   */
  tokens?(
    text: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<TokenSpan[]>;
  run(batch: Batch, options?: RunOptions): Promise<BackendOutput>;
  dispose(): Promise<void>;
  /**
   * Whether the vector of a text does not depend on the other texts of its batch. With `false`,
   * only vectors that were computed alone are cached.
   *
   * @default true
   */
  readonly batchInvariant?: boolean;
  /**
   * How many batches may run at once. The embedder calls `run` for up to this number of batches at
   * the same time, and never more.
   *
   * @default 1
   */
  readonly concurrency?: number;
  /**
   * Resolves if the backend stops working without being disposed. Leave it out if that cannot
   * happen.
   */
  readonly lost?: Promise<void>;
}
