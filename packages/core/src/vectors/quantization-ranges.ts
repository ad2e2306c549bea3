import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { checkLengths, checkVector, checkVectors } from "./check-vectors.ts";
import { refuseQuantized, type StepRanges } from "./quantized-numbers.ts";
import type { Vector } from "./vectors.ts";

/** Smallest and largest value of each dimension. */
export interface QuantizationRanges<Values extends Vector = Vector> {
  readonly min: Values;
  readonly max: Values;
}

/** Of `int8` and `uint8`, from 0. */
export const lastStep = 255;

/**
 * Computes the range of each dimension from a sample of documents, for the option `ranges` of
 * `quantizeEmbeddings`. Ranges become more stable with more documents; Sentence Transformers
 * advises at least 100. Save them with the quantized vectors: queries need the same.
 *
 * @example
 * const ranges = calibrate(await embedder.encodeDocument(sample));
 * quantizeEmbeddings(documents, "int8", { ranges });
 * quantizeEmbeddings(queries, "int8", { ranges });
 *
 * @param embeddings - at least two vectors of one length, not quantized
 * @throws `INVALID_ARGUMENT`
 */
export function calibrate(embeddings: readonly Vector[]): QuantizationRanges<Float32Array> {
  checkVectors(embeddings, "embeddings");
  refuseQuantized(embeddings, "embeddings");
  if (embeddings.length < 2)
    throw invalidArgument("embeddings", embeddings, "at least two vectors");
  const dimension = embeddings[0]!.length;
  checkLengths(embeddings, dimension, "embeddings");
  return rangesOf(embeddings, dimension);
}

export function rangesOf(
  vectors: readonly Vector[],
  dimension: number,
): QuantizationRanges<Float32Array> {
  const min = new Float32Array(dimension).fill(Number.POSITIVE_INFINITY);
  const max = new Float32Array(dimension).fill(Number.NEGATIVE_INFINITY);
  for (const vector of vectors) {
    for (let index = 0; index < dimension; index++) {
      min[index] = Math.min(min[index]!, vector[index]!);
      max[index] = Math.max(max[index]!, vector[index]!);
    }
  }
  return { min, max };
}

/** @throws `INVALID_ARGUMENT` */
export function checkRanges(
  { min, max }: QuantizationRanges,
  dimension: number,
): QuantizationRanges {
  checkLengths(
    [checkVector(min, "ranges.min"), checkVector(max, "ranges.max")],
    dimension,
    "ranges",
  );
  for (let index = 0; index < dimension; index++) {
    if (min[index]! <= max[index]!) continue;
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "ranges.min must not exceed ranges.max; " +
        `in dimension ${index} they are ${min[index]} and ${max[index]}.`,
      { index, min: min[index], max: max[index] },
    );
  }
  return { min, max };
}

/** The steps in ranges that were checked. */
export function stepsIn({ min, max }: QuantizationRanges): StepRanges {
  const { fround } = Math;
  const starts = Float32Array.from(min);
  const sizes = Float32Array.from(
    max,
    (value, index) => fround(fround(fround(value) - starts[index]!) / lastStep) || 1,
  );
  return { starts, sizes, ends: Float32Array.from(max) };
}
