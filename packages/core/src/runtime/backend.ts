/**
 * One rectangle of token ids, rows padded to one length; both arrays are row-major,
 * `rows × length`.
 */
export interface Batch {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: BigInt64Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: BigInt64Array;
}

/** What the model's graph gives for a {@link Batch}; at least one of the two is there. */
export interface BackendOutput {
  /**
   * The finished vectors, `rows × dimension`, of a graph that contains every module of the model.
   */
  readonly sentenceEmbedding?: Float32Array;
  /** The last hidden states, `rows × length × hidden size`. */
  readonly lastHiddenState?: Float32Array;
}

/** The special tokens that the tokenizer puts around a text, such as `<bos>` and `<eos>`. */
export interface SpecialTokens {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Text to token ids and back, at once; for text splitters. */
export interface Tokenizer {
  /** Token ids of a text, without special tokens. */
  encode(text: string): number[];
  /** The text of token ids, special tokens left out. */
  decode(ids: readonly number[]): string;
}

/**
 * The seam between the embedder and whatever runs the model. Transformers.js is behind it by
 * default (`transformers-backend.ts`); any object of this shape will do.
 */
export interface Backend {
  readonly tokenizer: Tokenizer;
  readonly specialTokens: SpecialTokens;
  readonly padding: { readonly id: number; readonly side: "left" | "right" };
  /**
   * Token ids of many texts, without special tokens, without holding up the event loop for long.
   */
  tokenize(texts: readonly string[]): Promise<number[][]>;
  run(batch: Batch): Promise<BackendOutput>;
  dispose(): Promise<void>;
  /**
   * Resolves when the backend can no longer run although it was not disposed; left out where that
   * cannot happen.
   */
  readonly lost?: Promise<void>;
}
