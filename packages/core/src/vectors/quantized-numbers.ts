import { invalidArgument } from "../check.ts";
import type { Vector } from "./vectors.ts";

type QuantizedVector = Int8Array | Uint8Array;

/** What bytes stand for: signs, eight in a byte, or steps in the range of each dimension. */
export type QuantizedKind = "bits" | "steps";

const known = new WeakMap<QuantizedVector, { kind: QuantizedKind; decode: () => Float32Array }>();

/** Remembers what the bytes of a quantized vector stand for. */
export function rememberNumbers(
  vector: QuantizedVector,
  kind: QuantizedKind,
  decode: () => Float32Array,
): void {
  known.set(vector, { kind, decode });
}

/** What the bytes of a vector stand for, if `quantizeEmbeddings` returned it. */
export function kindOf(vector: Vector): QuantizedKind | undefined {
  return known.get(vector as QuantizedVector)?.kind;
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
  const remembered = known.get(vector);
  if (remembered) return remembered.decode();
  throw invalidArgument(
    name,
    vector,
    "a vector whose numbers can be compared",
    "Compare packed bits with hammingDistance, and int8 or uint8 with integerSimilarity. " +
      "If the numbers are the vector itself, pass Float32Array.from(vector).",
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
