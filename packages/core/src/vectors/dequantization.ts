import { checkOptions, invalidArgument, type Rules, rules } from "../check.ts";
import { checkLengths, checkVectors } from "./check-vectors.ts";
import type { Precision } from "./quantization.ts";
import { checkRanges, type QuantizationRanges, stepsIn } from "./quantization-ranges.ts";
import { decode, type Meaning } from "./quantized-numbers.ts";

export interface DequantizeOptions {
  /** The ranges that the vectors were quantized with, for `int8` and `uint8`. */
  ranges?: QuantizationRanges | undefined;
  /**
   * How many numbers the vectors had, for `binary` and `ubinary`.
   *
   * @default eight for each byte
   */
  dimension?: number | undefined;
}

/**
 * Makes numbers of quantized vectors that were saved and read again, for `similarity` and anything
 * else that computes. They are about the original ones: of `int8` and `uint8` the middle of each
 * step, of `binary` and `ubinary` the signs, in a vector of length 1.
 *
 * @example
 * const saved = new Int8Array(await readFile("vectors.int8")); // of one vector
 * const [vector] = dequantizeEmbeddings([saved], "int8", { ranges });
 *
 * @param embeddings - vectors of one length, in the arrays that `quantizeEmbeddings` returns
 * for this precision
 * @param options - for `int8` and `uint8` the `ranges` that they were quantized with; for `binary`
 * and `ubinary` the `dimension`, if it is no multiple of 8
 * @throws `INVALID_ARGUMENT`
 */
export function dequantizeEmbeddings(
  embeddings: readonly (Int8Array | Uint8Array)[],
  precision: Exclude<Precision, "float32">,
  options: DequantizeOptions = {},
): Float32Array[] {
  const type = Object.hasOwn(arrays, precision) ? arrays[precision] : undefined;
  if (!type)
    throw invalidArgument("precision", precision, `one of ${Object.keys(arrays).join(", ")}`);
  checkOptions(options, dequantizeRules);
  checkVectors(embeddings, "embeddings");
  const length = embeddings[0]?.length ?? 0;
  checkLengths(embeddings, length, "embeddings");
  for (const [index, vector] of embeddings.entries()) {
    if (vector instanceof type) continue;
    throw invalidArgument(`embeddings[${index}]`, vector, `an ${type.name}, as ${precision} has`);
  }
  if (length === 0) return [];
  const meaning = meaningOf(precision, length, options);
  return embeddings.map((vector) => decode(vector, meaning));
}

function meaningOf(
  precision: keyof typeof arrays,
  length: number,
  { ranges, dimension = length * 8 }: DequantizeOptions,
): Meaning {
  if (precision === "int8" || precision === "uint8") {
    if (!ranges) throw invalidArgument("ranges", ranges, "the ranges of the quantization");
    return { kind: "steps", ranges: stepsIn(checkRanges(ranges, length)) };
  }
  if (Math.ceil(dimension / 8) === length) return { kind: "bits", dimension };
  const most = length * 8;
  const expected = `from ${most - 7} to ${most}, since the vectors have ${length} bytes`;
  throw invalidArgument("dimension", dimension, expected);
}

const dequantizeRules: Rules<DequantizeOptions> = {
  ranges: rules.object,
  dimension: rules.count,
};

const arrays = { int8: Int8Array, uint8: Uint8Array, binary: Int8Array, ubinary: Uint8Array };
