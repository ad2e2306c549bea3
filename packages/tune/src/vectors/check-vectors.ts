import { EmbeddingGemmaError } from "@embeddinggemma/core";

/**
 * A backend can give anything.
 *
 * @param nameOf - the text of each vector, for an error
 * @throws `INFERENCE_FAILED` for vectors of different lengths and for numbers that are not finite
 */
export function checkVectors(
  vectors: readonly Float32Array[],
  nameOf: (index: number) => string,
): void {
  for (const [index, vector] of vectors.entries()) {
    if (vector.length !== vectors[0]!.length) {
      const message =
        `The vector of ${nameOf(index)} has ${vector.length} numbers, and that of ${nameOf(0)} ` +
        `has ${vectors[0]!.length}. Use one embedder for all.`;
      throw new EmbeddingGemmaError("INFERENCE_FAILED", message, { index });
    }
    if (!vector.every(Number.isFinite)) {
      const message =
        `The vector of ${nameOf(index)} has numbers that are not finite. Check the model and the ` +
        "cache.";
      throw new EmbeddingGemmaError("INFERENCE_FAILED", message, { index });
    }
  }
}
