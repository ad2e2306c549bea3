import { checkOptions, invalidArgument, type Rules, rules } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { checkVector, checkVectors } from "./check-vectors.ts";
import { refuseQuantized, remember } from "./quantized-numbers.ts";
import type { Vector } from "./vectors.ts";

/** Number format of quantized vectors, named as in Sentence Transformers. */
export type Precision = "float32" | "int8" | "uint8" | "binary" | "ubinary";

/** Smallest and largest value of each dimension. */
export interface QuantizationRanges<Values extends Vector = Vector> {
  readonly min: Values;
  readonly max: Values;
}

export interface QuantizeOptions {
  /** The range of each dimension, which `int8` and `uint8` divide into 256 steps. */
  ranges?: QuantizationRanges | undefined;
  /**
   * Vectors to compute the ranges from, if `ranges` is not given.
   *
   * @default the vectors to quantize
   */
  calibrationEmbeddings?: readonly Vector[] | undefined;
}

interface QuantizedVectors {
  float32: Float32Array;
  int8: Int8Array;
  uint8: Uint8Array;
  binary: Int8Array;
  ubinary: Uint8Array;
}

/**
 * Quantizes vectors as `quantize_embeddings` of Sentence Transformers 5.7 and later does.
 *
 * - `uint8` replaces each number by its step, 0 to 255, in the range of its dimension. Numbers
 *   outside of the range get the first or last step.
 * - `int8` is `uint8` minus 128.
 * - `ubinary` packs the signs of eight numbers into a byte, the first number in the highest bit.
 * - `binary` is `ubinary` minus 128.
 *
 * Quantize queries and documents with the same ranges, which {@link calibrate} computes from a
 * sample. Compare packed bits with `hammingDistance`, and `int8` or `uint8` with
 * `integerSimilarity`. `similarity` compares the returned arrays by the numbers that they stand
 * for, also with vectors that are not quantized. Copies of the arrays do not remember these.
 *
 * @param embeddings - vectors of one length
 * @returns one vector for each: of the same length, or for `binary` and `ubinary` of an eighth of
 * it, rounded up
 * @throws `INVALID_ARGUMENT` for an unknown `precision`, for anything but vectors of finite numbers
 * of one length, for a range that ends before it starts, and for `int8` or `uint8` of a single
 * vector without `ranges` or `calibrationEmbeddings`
 * @see https://sbert.net/docs/package_reference/util/quantization.html
 */
export function quantizeEmbeddings<P extends Precision>(
  embeddings: readonly Vector[],
  precision: P,
  options: QuantizeOptions = {},
): QuantizedVectors[P][] {
  if (!Object.hasOwn(quantizers, precision)) {
    throw invalidArgument("precision", precision, `one of ${Object.keys(quantizers).join(", ")}`);
  }
  checkOptions(options, quantizeRules);
  checkVectors(embeddings, "embeddings");
  refuseQuantized(embeddings, "embeddings");
  checkLengths(embeddings, embeddings[0]?.length ?? 0, "embeddings");
  return quantizers[precision](embeddings, options) as QuantizedVectors[P][];
}

/**
 * Computes the range of each dimension from a sample of documents, for the option `ranges` of
 * {@link quantizeEmbeddings}. Ranges become more stable with more documents; Sentence Transformers
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

const quantizeRules: Rules<QuantizeOptions> = {
  ranges: rules.object,
  calibrationEmbeddings: { expected: "an array of vectors", accepts: Array.isArray },
};

type Quantizers = {
  [P in Precision]: (
    embeddings: readonly Vector[],
    options: QuantizeOptions,
  ) => QuantizedVectors[P][];
};

const quantizers: Quantizers = {
  float32: (embeddings) => embeddings.map((vector) => Float32Array.from(vector)),
  uint8: (embeddings, options) => toSteps(embeddings, options, (steps) => steps),
  int8: (embeddings, options) => toSteps(embeddings, options, signed),
  ubinary: (embeddings) =>
    embeddings.map((vector) => {
      return remember(packSigns(vector), { kind: "bits", dimension: vector.length });
    }),
  binary: (embeddings) =>
    embeddings.map((vector) => {
      return remember(signed(packSigns(vector)), { kind: "bits", dimension: vector.length });
    }),
};

function signed(bytes: Uint8Array): Int8Array {
  return Int8Array.from(bytes, (byte) => byte - 128);
}

const lastStep = 255;

/**
 * Computes in float32 throughout, as Sentence Transformers does. With other rounding, some numbers
 * would get the next step.
 */
function toSteps<T extends Int8Array | Uint8Array>(
  embeddings: readonly Vector[],
  options: QuantizeOptions,
  convert: (steps: Uint8Array) => T,
): T[] {
  if (embeddings.length === 0) return [];
  const dimension = embeddings[0]!.length;
  const { min, max } = options.ranges
    ? checkRanges(options.ranges, dimension)
    : rangesOf(calibrationOf(embeddings, options.calibrationEmbeddings), dimension);
  const { fround } = Math;
  const starts = Float32Array.from(min);
  const sizes = Float32Array.from(
    max,
    (value, index) => fround(fround(fround(value) - starts[index]!) / lastStep) || 1,
  );
  const ranges = { starts, sizes, ends: Float32Array.from(max) };
  return embeddings.map((vector) => {
    const steps = Uint8Array.from(vector, (value, index) => {
      const step = Math.floor(fround(fround(fround(value) - starts[index]!) / sizes[index]!));
      return Math.min(Math.max(step, 0), lastStep);
    });
    return remember(convert(steps), { kind: "steps", ranges });
  });
}

function checkRanges({ min, max }: QuantizationRanges, dimension: number): QuantizationRanges {
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

/** The vectors to compute the ranges from. */
function calibrationOf(
  embeddings: readonly Vector[],
  calibrationEmbeddings?: readonly Vector[],
): readonly Vector[] {
  if (calibrationEmbeddings) {
    checkVectors(calibrationEmbeddings, "calibrationEmbeddings");
    refuseQuantized(calibrationEmbeddings, "calibrationEmbeddings");
    checkLengths(calibrationEmbeddings, embeddings[0]!.length, "calibrationEmbeddings");
    if (calibrationEmbeddings.length > 0) return calibrationEmbeddings;
  } else if (embeddings.length > 1) {
    return embeddings;
  }
  const vectors = calibrationEmbeddings ? "no vectors" : "a single vector";
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `The ranges of int8 and uint8 cannot be computed from ${vectors}. ` +
      "Set the option `ranges` or `calibrationEmbeddings`.",
    { embeddings: embeddings.length },
  );
}

function rangesOf(vectors: readonly Vector[], dimension: number): QuantizationRanges<Float32Array> {
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

function packSigns(vector: Vector): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(vector.length / 8));
  for (let index = 0; index < vector.length; index++) {
    if (vector[index]! > 0) bytes[index >> 3]! |= 0x80 >> (index & 7);
  }
  return bytes;
}

function checkLengths(vectors: readonly Vector[], length: number, name: string): void {
  for (const [index, vector] of vectors.entries()) {
    if (vector.length === length) continue;
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "All vectors must have the same length; " +
        `${name}[${index}] has ${vector.length} numbers instead of ${length}.`,
      { index, given: vector.length, expected: length },
    );
  }
}
