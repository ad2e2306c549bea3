import { EmbeddingGemmaError } from "../errors.ts";
import { normalizeInPlace } from "../vectors/vectors.ts";
import type { Adapter } from "./adapter.ts";
import type { TextSide } from "./adapter-parts.ts";

/** Changes a full vector of the model, before truncation. Returns a new one. */
export type Adaptation = (vector: Float32Array) => Float32Array;

/**
 * What an adapter does to the texts of a side; undefined if it leaves them as they are. Where the
 * model scales its vectors to unit length, they are scaled again, as by a Normalize module behind
 * the adapter's Dense module.
 */
export function adaptationOf(
  adapter: Adapter | null,
  side: TextSide,
  { normalized }: { readonly normalized: boolean },
): Adaptation | undefined {
  if (!adapter?.changes(side)) return undefined;
  return (vector) => {
    const adapted = adapter.apply(vector, side);
    if (!adapted.every(Number.isFinite)) {
      throw new EmbeddingGemmaError(
        "INFERENCE_FAILED",
        "The adapter made numbers that are not finite: its weights are too large. Train it again.",
        { adapter: adapter.digest },
      );
    }
    if (normalized) normalizeInPlace(adapted);
    return adapted;
  };
}
