import { checkOptions, invalidArgument, type Rules, rules } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { checkLengths, checkVectors } from "./check-vectors.ts";
import {
  checkRanges,
  lastStep,
  type QuantizationRanges,
  rangesOf,
  stepsIn,
} from "./quantization-ranges.ts";
import { refuseQuantized, remember } from "./quantized-numbers.ts";
import type { Vector } from "./vectors.ts";

/** Number format of quantized vectors, named as in Sentence Transformers. */
export type Precision = "float32" | "int8" | "uint8" | "binary" | "ubinary";

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
 * Quantize queries and documents with the same ranges, which `calibrate` computes from a
 * sample. Compare packed bits with `hammingDistance`, and `int8` or `uint8` with
 * `integerSimilarity`. `similarity` compares the returned arrays by the numbers that they stand
 * for, also with vectors that are not quantized. Copies of the arrays do not remember these: see
 * `dequantizeEmbeddings`.
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
  const ranges = stepsIn({ min, max });
  const { starts, sizes } = ranges;
  return embeddings.map((vector) => {
    const steps = Uint8Array.from(vector, (value, index) => {
      const step = Math.floor(fround(fround(fround(value) - starts[index]!) / sizes[index]!));
      return Math.min(Math.max(step, 0), lastStep);
    });
    return remember(convert(steps), { kind: "steps", ranges });
  });
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

function packSigns(vector: Vector): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(vector.length / 8));
  for (let index = 0; index < vector.length; index++) {
    if (vector[index]! > 0) bytes[index >> 3]! |= 0x80 >> (index & 7);
  }
  return bytes;
}
