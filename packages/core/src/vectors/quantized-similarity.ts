import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { kindOf, type QuantizedKind } from "./quantized-numbers.ts";
import { typedArrayName, type Vector } from "./vectors.ts";

/**
 * Number of different bits of every vector of `a` and every vector of `b`, which FAISS's binary
 * indexes give as scores. Lower is more similar. Divided by the dimension and subtracted from 1, it
 * is a similarity from 0 to 1.
 *
 * @param a - one `binary` or `ubinary` vector of `quantizeEmbeddings`, or several; copies too
 * @param b - one vector or several, of the same precision and dimension
 * @returns one row for each vector of `a`, one column for each of `b`
 * @throws `INVALID_ARGUMENT` for vectors that are not packed bits, of different lengths, or of
 * `binary` beside `ubinary`
 * @see https://github.com/facebookresearch/faiss/wiki/Binary-indexes
 */
export function hammingDistance(
  a: Vector | readonly Vector[],
  b: Vector | readonly Vector[],
): number[][] {
  return compareAll("bits", a, b, (left, right) => {
    let different = 0;
    for (let index = 0; index < left.length; index++)
      different += bitsOf[(left[index]! ^ right[index]!) & 0xff]!;
    return different;
  });
}

/**
 * Inner product of every vector of `a` with every vector of `b`, as whole numbers. FAISS's flat
 * index gives these scores for `uint8` vectors in Sentence Transformers' `semantic_search_faiss`.
 * Higher is more similar. Both sides must be quantized with the same `ranges`.
 *
 * @param a - one `int8` or `uint8` vector of `quantizeEmbeddings`, or several; copies too
 * @param b - one vector or several, of the same precision and dimension
 * @returns one row for each vector of `a`, one column for each of `b`
 * @throws `INVALID_ARGUMENT` for vectors that are not steps, of different lengths, or of `int8`
 * beside `uint8`
 */
export function integerSimilarity(
  a: Vector | readonly Vector[],
  b: Vector | readonly Vector[],
): number[][] {
  return compareAll("steps", a, b, (left, right) => {
    let product = 0;
    for (let index = 0; index < left.length; index++) product += left[index]! * right[index]!;
    return product;
  });
}

/** Number of bits that are set in a byte. */
const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

function compareAll(
  kind: QuantizedKind,
  a: Vector | readonly Vector[],
  b: Vector | readonly Vector[],
  compare: (left: Vector, right: Vector) => number,
): number[][] {
  const rows = quantizedVectors(a, "a", kind);
  const columns = quantizedVectors(b, "b", kind);
  return rows.map((left, row) =>
    columns.map((right, column) => {
      checkPair(left, right, `a[${row}]`, `b[${column}]`);
      return compare(left, right);
    }),
  );
}

function quantizedVectors(
  value: Vector | readonly Vector[],
  name: string,
  kind: QuantizedKind,
): readonly Vector[] {
  if (!Array.isArray(value) || typeof value[0] === "number")
    return [checkQuantized(value, name, kind)];
  // Array.from also visits the holes of a sparse array.
  return Array.from(value, (vector, index) => checkQuantized(vector, `${name}[${index}]`, kind));
}

const uses: Readonly<Record<QuantizedKind, readonly [expected: string, otherwise: string]>> = {
  bits: [
    'a vector of quantizeEmbeddings with "binary" or "ubinary"',
    "For int8 and uint8 use integerSimilarity, for other vectors similarity.",
  ],
  steps: [
    'a vector of quantizeEmbeddings with "int8" or "uint8"',
    "For binary and ubinary use hammingDistance, for other vectors similarity.",
  ],
};

function checkQuantized(vector: unknown, name: string, kind: QuantizedKind): Vector {
  const [expected, hint] = uses[kind];
  const isBytes =
    byteArrays.has(typedArrayName(vector)) || (Array.isArray(vector) && vector.every(isByte));
  const bytes = vector as Vector;
  if (isBytes && bytes.length > 0 && (kindOf(bytes) ?? kind) === kind) return bytes;
  throw invalidArgument(name, vector, expected, hint);
}

const byteArrays = new Set<unknown>(["Int8Array", "Uint8Array"]);

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= -128 && (value as number) <= 255;
}

function checkPair(left: Vector, right: Vector, leftName: string, rightName: string): void {
  if (left.length !== right.length) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `${leftName} has ${left.length} bytes, but ${rightName} has ${right.length}. ` +
        "Quantize vectors of the same dimension with the same precision.",
      { dimensions: [left.length, right.length] },
    );
  }
  const types = [byteTypeOf(left), byteTypeOf(right)];
  if (types.includes(undefined) || types[0] === types[1]) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `${leftName} has values of ${types[0]}, but ${rightName} of ${types[1]}. ` +
      "Quantize both with the same precision.",
    { types },
  );
}

/** The type of a vector, or for a plain array that of its values; undefined if they fit both. */
function byteTypeOf(vector: Vector): string | undefined {
  if (!Array.isArray(vector)) return typedArrayName(vector);
  if (vector.some((value) => value < 0)) return "Int8Array";
  return vector.some((value) => value > 127) ? "Uint8Array" : undefined;
}
