import { timeReader } from "./numpy-times.ts";
import { PickledObject } from "./pickled-values.ts";
import { bytes } from "./python-bytes.ts";
import { complexText } from "./python-readers.ts";

/** How NumPy stores the values of a scalar or an array. */
export interface NumpyType {
  /** `b i u f c S U M m`, or `O` for Python objects. */
  kind: string;
  /** Bytes of a value. */
  size: number;
  /** @returns undefined for bytes that are no value */
  read: (data: Buffer, offset: number) => unknown;
}

/**
 * Reads a `numpy.dtype`.
 *
 * @returns undefined for structures, for floats of more than eight bytes, which differ between
 * machines, and for what is no type
 */
export function dtypeOf(value: unknown): NumpyType | undefined {
  if (!(value instanceof PickledObject) || value.className !== "numpy.dtype") return undefined;
  const [code] = value.args;
  const text = typeof code === "string" ? code : bytes(code)?.toString("latin1");
  const [, kind, digits] = /^([?biufcSUMmO])(\d*)$/.exec(text ?? "") ?? [];
  if (kind === undefined || !Array.isArray(value.state)) return undefined;
  const [, order, , names, , itemSize, , , metadata] = value.state;
  if (names !== null && names !== undefined) return undefined;
  const isBig = (typeof order === "string" ? order : bytes(order)?.toString("latin1")) === ">";
  // The size of texts stands in the state. For others, the state has -1.
  const size = itemSize > 0 ? itemSize : Number(digits) * (kind === "U" ? 4 : 1);
  const read = readerOf(kind, size, isBig, metadata);
  return read && { kind, size, read };
}

type Read = NumpyType["read"];

function readerOf(kind: string, size: number, isBig: boolean, metadata: unknown): Read | undefined {
  switch (kind) {
    case "O":
      return () => undefined;
    case "b":
      return size === 1 ? (data, offset) => data[offset] !== 0 : undefined;
    case "i":
    case "u":
      return integerReader(kind === "i", size, isBig);
    case "f":
      return floatReader(size, isBig);
    case "c":
      return complexReader(size, isBig);
    case "S":
      return (data, offset) => withoutZeros(data.subarray(offset, offset + size));
    case "U":
      return size % 4 === 0 ? (data, offset) => textAt(data, offset, size, isBig) : undefined;
    case "M":
    case "m": {
      const read = size === 8 ? bigReader(true, isBig) : undefined;
      const time = timeReader(kind, metadata);
      return read && time && ((data, offset) => time(read(data, offset)));
    }
    default:
      return undefined;
  }
}

function integerReader(isSigned: boolean, size: number, isBig: boolean): Read | undefined {
  if (size === 8) {
    const read = bigReader(isSigned, isBig);
    return (data, offset) => {
      const value = read(data, offset);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    };
  }
  return numberReaders[`${isBig ? ">" : "<"}${isSigned ? "i" : "u"}${size}`];
}

function bigReader(isSigned: boolean, isBig: boolean): (data: Buffer, offset: number) => bigint {
  const name = `readBig${isSigned ? "" : "U"}Int64${isBig ? "BE" : "LE"}` as const;
  return (data, offset) => data[name](offset);
}

type ReadNumber = (data: Buffer, offset: number) => number;

function floatReader(size: number, isBig: boolean): ReadNumber | undefined {
  return numberReaders[`${isBig ? ">" : "<"}f${size}`];
}

/** One function for each type, since arrays may be large. */
const numberReaders: Record<string, ReadNumber | undefined> = {
  "<i1": (data, offset) => data.readInt8(offset),
  ">i1": (data, offset) => data.readInt8(offset),
  "<u1": (data, offset) => data[offset]!,
  ">u1": (data, offset) => data[offset]!,
  "<i2": (data, offset) => data.readInt16LE(offset),
  ">i2": (data, offset) => data.readInt16BE(offset),
  "<u2": (data, offset) => data.readUInt16LE(offset),
  ">u2": (data, offset) => data.readUInt16BE(offset),
  "<i4": (data, offset) => data.readInt32LE(offset),
  ">i4": (data, offset) => data.readInt32BE(offset),
  "<u4": (data, offset) => data.readUInt32LE(offset),
  ">u4": (data, offset) => data.readUInt32BE(offset),
  "<f2": (data, offset) => half(data.readUInt16LE(offset)),
  ">f2": (data, offset) => half(data.readUInt16BE(offset)),
  "<f4": (data, offset) => data.readFloatLE(offset),
  ">f4": (data, offset) => data.readFloatBE(offset),
  "<f8": (data, offset) => data.readDoubleLE(offset),
  ">f8": (data, offset) => data.readDoubleBE(offset),
};

/** A float of 16 bits: a sign, 5 bits of exponent and 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x80_00 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3_ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function complexReader(size: number, isBig: boolean): Read | undefined {
  const read = floatReader(size / 2, isBig);
  if (!read || size < 8) return undefined;
  return (data, offset) => complexText(read(data, offset), read(data, offset + size / 2));
}

/** NumPy fills texts and bytes with zeros. */
function withoutZeros(data: Buffer): Buffer {
  let end = data.length;
  while (end > 0 && data[end - 1] === 0) end--;
  return data.subarray(0, end);
}

function textAt(data: Buffer, offset: number, size: number, isBig: boolean): string | undefined {
  const points: number[] = [];
  for (let at = offset; at < offset + size; at += 4) {
    const point = isBig ? data.readUInt32BE(at) : data.readUInt32LE(at);
    if (point > 0x10_ff_ff) return undefined;
    points.push(point);
  }
  while (points.at(-1) === 0) points.pop();
  return points.map((point) => String.fromCodePoint(point)).join("");
}
