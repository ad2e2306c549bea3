/**
 * The file format of Safetensors, as far as adapters and their exports need it: tensors of 32-bit
 * floats. A file is the length of its header (8 bytes, little-endian), the header in JSON, and the
 * numbers.
 *
 * @see https://huggingface.co/docs/safetensors
 */
import { isRecord } from "./check-options.ts";
import { reasonOf, show } from "./show.ts";

/** A tensor, row by row. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

const lengthBytes = 8;
const floatBytes = 4;

/** Writes tensors in the order of their names, so that the same tensors give the same bytes. */
export function writeSafetensors(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  const sorted = Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1));
  let end = 0;
  const header = Object.fromEntries(
    sorted.map(([name, { shape, data }]) => {
      const start = end;
      end += data.byteLength;
      return [name, { dtype: "F32", shape, data_offsets: [start, end] }];
    }),
  );
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces, so that the numbers begin at a multiple of 8, as the reference implementation does.
  const headerBytes = Math.ceil(json.length / lengthBytes) * lengthBytes;
  const bytes = new Uint8Array(lengthBytes + headerBytes + end).fill(0x20, lengthBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, lengthBytes);
  let position = lengthBytes + headerBytes;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Reads tensors. The bytes of the numbers must belong to one tensor each, without a gap.
 *
 * @param fail - makes the error for what is wrong, which completes the sentence "<file> …"
 */
export function readSafetensors(
  bytes: Uint8Array,
  fail: (problem: string, cause?: unknown) => Error,
): Map<string, Tensor> {
  const { header, start } = readHeader(bytes, fail);
  const content = bytes.subarray(start);
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => ({ name, ...readEntry(name, entry, content.length, fail) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin < position) throw fail(`has tensors that overlap: ${show(name)} and the one before`);
    if (begin > position) throw fail(`has bytes that belong to no tensor, before ${show(name)}`);
    position = end;
  }
  if (position < content.length) {
    const excess = content.length - position;
    throw fail(`has ${excess} more bytes at its end than its tensors need`);
  }
  return new Map(
    entries.map(({ name, shape, begin, end }) => {
      // A copy, since the numbers may begin at any byte.
      const data = new Float32Array(new Uint8Array(content.subarray(begin, end)).buffer);
      if (!data.every(Number.isFinite)) {
        const index = data.findIndex((value) => !Number.isFinite(value));
        throw fail(`has ${data[index]} at number ${index} of the tensor ${show(name)}`);
      }
      return [name, { shape, data }];
    }),
  );
}

function readHeader(
  bytes: Uint8Array,
  fail: (problem: string, cause?: unknown) => Error,
): { header: Record<string, unknown>; start: number } {
  if (bytes.length < lengthBytes) {
    throw fail(`has only ${bytes.length} bytes, too few for a file of Safetensors`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) throw fail("is not a file of Safetensors");
  const start = lengthBytes + Number(headerBytes);
  if (start > bytes.length) {
    const rest = bytes.length - lengthBytes;
    throw fail(`ends early: its header has ${headerBytes} bytes, but only ${rest} are there`);
  }
  let header: unknown;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    header = JSON.parse(decoder.decode(bytes.subarray(lengthBytes, start)));
  } catch (cause) {
    throw fail(`has a header that is not JSON (${reasonOf(cause)})`, cause);
  }
  if (!isRecord(header) || Array.isArray(header)) throw fail("has a header that is no object");
  return { header, start };
}

function readEntry(
  name: string,
  entry: unknown,
  available: number,
  fail: (problem: string) => Error,
): { shape: readonly number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  if (dtype !== "F32") {
    throw fail(`has the tensor ${show(name)} with dtype ${show(dtype)}; only "F32" can be read`);
  }
  if (!isArrayOfSizes(shape)) {
    throw fail(`has the tensor ${show(name)} with a shape that is no array of whole numbers`);
  }
  if (!isArrayOfSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail(`has the tensor ${show(name)} with data_offsets that are not its begin and end`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > available) {
    throw fail(`ends early: the tensor ${show(name)} ends at ${end}, but the data at ${available}`);
  }
  const size = shape.reduce((product, length) => product * length, floatBytes);
  if (size !== end - begin) {
    const sizes = `${end - begin} bytes, but its shape ${JSON.stringify(shape)} needs ${size}`;
    throw fail(`has the tensor ${show(name)} with ${sizes}`);
  }
  return { shape, begin, end };
}

function isArrayOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
