import { dtypeOf, type NumpyType } from "./numpy-type.ts";
import { PickledGlobal } from "./pickled-values.ts";
import { bytes } from "./python-bytes.ts";
import type { Readers } from "./python-readers.ts";

/** Scalars and arrays of NumPy, as its `item()` and `tolist()` give them. */
export const numpyReaders: Readers = Object.fromEntries(
  // NumPy 2 has renamed its modules.
  ["numpy.core", "numpy._core"].flatMap(
    (core) =>
      [
        [`${core}.multiarray.scalar`, ({ args }) => scalar(args)],
        [`${core}.multiarray._reconstruct`, ({ args: [type], state }) => array(type, state)],
        [
          `${core}.numeric._frombuffer`,
          ({ args: [data, type, shape, order] }) => nested(data, type, shape, order === "F"),
        ],
      ] satisfies [string, Readers[string]][],
  ),
);

function scalar([type, data]: readonly unknown[]): unknown {
  const dtype = dtypeOf(type);
  if (!dtype) return undefined;
  if (dtype.kind === "O") return data;
  const content = bytes(data ?? "");
  return content?.length === dtype.size ? dtype.read(content, 0) : undefined;
}

function array(type: unknown, state: unknown): unknown {
  if (!(type instanceof PickledGlobal) || type.name !== "numpy.ndarray") return undefined;
  if (!Array.isArray(state) || state.length !== 5) return undefined;
  const [, shape, dtype, isFortran, data] = state;
  return nested(data, dtype, shape, isFortran === true || isFortran === 1);
}

/** NumPy has at most this many. */
const maxDimensions = 64;

/**
 * How much memory nested arrays may need for each byte of the data, beside a small amount. Each
 * dimension of length 1 has an array for each value, which takes no byte in the file.
 */
const maxExpansion = 16;
const smallBytes = 65_536;
const arrayBytes = 32;
const numberBytes = 8;

/** Nested arrays for an array of several dimensions; the value for one of none. */
function nested(data: unknown, type: unknown, shape: unknown, isFortran: boolean): unknown {
  const dtype = dtypeOf(type);
  if (!dtype || !isShape(shape)) return undefined;
  const count = shape.reduce((product, length) => product * length, 1);
  const needed = arraysIn(shape) * arrayBytes + count * numberBytes;
  if (needed > count * Math.max(dtype.size, 1) * maxExpansion + smallBytes) return undefined;
  const read = valueReader(data, dtype, count);
  if (!read) return undefined;
  const strides = stridesOf(shape, isFortran);
  const part = (dimension: number, start: number): unknown => {
    if (dimension === shape.length) return read(start);
    const values: unknown[] = [];
    for (let position = 0; position < shape[dimension]!; position++)
      values.push(part(dimension + 1, start + position * strides[dimension]!));
    return values;
  };
  return part(0, 0);
}

/** Reads the value at a position. Undefined unless there are as many values as expected. */
function valueReader(
  data: unknown,
  dtype: NumpyType,
  count: number,
): ((position: number) => unknown) | undefined {
  if (dtype.kind === "O") {
    if (!Array.isArray(data) || data.length !== count) return undefined;
    return (position) => data[position];
  }
  const content = bytes(data);
  if (dtype.size === 0 || content?.length !== count * dtype.size) return undefined;
  return (position) => dtype.read(content, position * dtype.size);
}

function isShape(shape: unknown): shape is number[] {
  return (
    Array.isArray(shape) &&
    shape.length <= maxDimensions &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
}

/** How many nested arrays an array becomes. */
function arraysIn(shape: readonly number[]): number {
  let rows = 1;
  let arrays = 0;
  for (const length of shape) {
    arrays += rows;
    rows *= length;
  }
  return arrays;
}

/** How many values lie between two neighbours, for each dimension. */
function stridesOf(shape: readonly number[], isFortran: boolean): number[] {
  const strides = Array.from(shape, () => 1);
  const order = [...shape.keys()];
  if (!isFortran) order.reverse();
  for (const [place, dimension] of order.slice(1).entries())
    strides[dimension] = strides[order[place]!]! * shape[order[place]!]!;
  return strides;
}
