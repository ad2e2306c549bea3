import { invalidArgument } from "../check.ts";
import type { Vector } from "./vectors.ts";

type QuantizedVector = Int8Array | Uint8Array;

/** What bytes stand for: signs, eight in a byte, or steps in the range of each dimension. */
export type QuantizedKind = "bits" | "steps";

/** The steps of each dimension, which all vectors of a call share. */
export interface StepRanges {
  readonly starts: Float32Array;
  readonly sizes: Float32Array;
  /** The end of the last step. */
  readonly ends: Float32Array;
}

export type Meaning =
  | { readonly kind: "steps"; readonly ranges: StepRanges }
  | { readonly kind: "bits"; readonly dimension: number };

const known = new WeakMap<Vector, Meaning>();

/** Remembers what the bytes of a quantized vector stand for. */
export function remember<T extends QuantizedVector>(vector: T, meaning: Meaning): T {
  known.set(vector, meaning);
  return vector;
}

/** What the bytes of a vector stand for, if `quantizeEmbeddings` returned it. */
export function kindOf(vector: Vector): QuantizedKind | undefined {
  return known.get(vector)?.kind;
}

/**
 * The numbers that a vector stands for: of a quantized vector about the original ones, of any other
 * its own.
 *
 * @param name - name of the vector in error messages
 * @throws `INVALID_ARGUMENT` for bytes that `quantizeEmbeddings` did not return, since they may be
 * packed signs, or steps in unknown ranges
 */
export function numbersOf(vector: Vector, name: string): Vector {
  if (!isBytes(vector)) return vector;
  const meaning = known.get(vector);
  if (meaning) return decode(vector, meaning);
  throw invalidArgument(
    name,
    vector,
    "a vector whose numbers can be compared",
    "Compare packed bits with hammingDistance, and int8 or uint8 with integerSimilarity, or make " +
      "numbers of them with dequantizeEmbeddings. If the bytes are the vector itself, pass " +
      "Float32Array.from(vector).",
  );
}

/** The numbers that bytes stand for. */
export function decode(vector: QuantizedVector, meaning: Meaning): Float32Array {
  const bytes =
    vector instanceof Int8Array ? Uint8Array.from(vector, (byte) => byte + 128) : vector;
  return meaning.kind === "bits"
    ? unpackSigns(bytes, meaning.dimension)
    : middlesOf(bytes, meaning.ranges);
}

/** A vector of unit length with these signs, since the length of the original is lost. */
function unpackSigns(signs: Uint8Array, dimension: number): Float32Array {
  const size = 1 / Math.sqrt(dimension);
  const vector = new Float32Array(dimension);
  for (let index = 0; index < dimension; index++)
    vector[index] = signs[index >> 3]! & (0x80 >> (index & 7)) ? size : -size;
  return vector;
}

/** The middle of each step. */
function middlesOf(vector: Uint8Array, { starts, sizes, ends }: StepRanges): Float32Array {
  return Float32Array.from(vector, (step, index) =>
    Math.min(starts[index]! + (step + 0.5) * sizes[index]!, ends[index]!),
  );
}

/** @throws `INVALID_ARGUMENT` for vectors that are quantized already */
export function refuseQuantized(vectors: readonly Vector[], name: string): void {
  const index = vectors.findIndex(isBytes);
  if (index < 0) return;
  const hint = "Quantize the vectors that encode returned.";
  throw invalidArgument(
    `${name}[${index}]`,
    vectors[index],
    "a vector that is not quantized yet",
    hint,
  );
}

function isBytes(vector: Vector): vector is QuantizedVector {
  return ArrayBuffer.isView(vector) && (vector as Partial<Int8Array>).BYTES_PER_ELEMENT === 1;
}
