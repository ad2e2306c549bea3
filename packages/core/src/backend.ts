/** One rectangle of token ids, rows padded to one length; both arrays are row-major, `rows × length`. */
export interface Batch {
  readonly rows: number;
  readonly length: number;
  readonly inputIds: BigInt64Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: BigInt64Array;
}

/** What the model's graph gives for a {@link Batch}; at least one of the two is there. */
export interface BackendOutput {
  /** The finished vectors, `rows × dimension`, of a graph that contains every module of the model. */
  readonly sentenceEmbedding?: Float32Array;
  /** The last hidden states, `rows × length × hidden size`. */
  readonly lastHiddenState?: Float32Array;
}

/** The special tokens that the tokenizer puts around a text, such as `<bos>` and `<eos>`. */
export interface SpecialTokens {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/**
 * The seam between the embedder and whatever runs the model. Transformers.js is behind it by default
 * (`transformers-backend.ts`); any object of this shape will do.
 */
export interface Backend {
  readonly specialTokens: SpecialTokens;
  readonly padding: { readonly id: number; readonly side: "left" | "right" };
  /** Token ids of a text, without special tokens. */
  tokenize(text: string): readonly number[];
  /** The text of token ids, special tokens left out. */
  detokenize(ids: readonly number[]): string;
  run(batch: Batch): Promise<BackendOutput>;
  dispose(): Promise<void>;
}
