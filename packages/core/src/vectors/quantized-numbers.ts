import { invalidArgument } from "../check.ts";
import type { Vector } from "./vectors.ts";

type QuantizedVector = Int8Array | Uint8Array;

const decoders = new WeakMap<QuantizedVector, () => Float32Array>();

/** Remembers what the bytes of a quantized vector stand for. */
export function rememberNumbers(vector: QuantizedVector, decode: () => Float32Array): void {
  decoders.set(vector, decode);
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
  const decode = decoders.get(vector);
  if (decode) return decode();
  throw invalidArgument(
    name,
    vector,
    "a vector whose numbers can be compared",
    "Compare vectors before you quantize them, or as quantizeEmbeddings returned them, not as " +
      "copies. If the numbers are the vector itself, pass Float32Array.from(vector).",
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
