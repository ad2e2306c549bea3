import type { Item } from "./read-items.ts";

export type VectorFormat = "jsonl" | "npy" | "base64";

/** A vector as it is written. */
export type Numbers = Float32Array | Int8Array | Uint8Array;

/** Writes vectors in one of the formats. */
export interface VectorWriter extends AsyncDisposable {
  write(items: readonly Item[], vectors: readonly Numbers[]): Promise<void>;
  /**
   * Completes the output.
   *
   * @param sample - a vector of the same type and length, for an output without any
   */
  finish(sample: Numbers): Promise<void>;
}
