import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that is no ONNX file or shorter than it says, such as after a copy that did not end. */
interface CutFile {
  readonly path: string;
  readonly bytes: number;
  /** The least that it must have; undefined if that is not known. */
  readonly needed: number | undefined;
}

/** Finds out from its structure whether an ONNX file or one with its weights is cut off. */
export async function findCutFile(path: string): Promise<CutFile | undefined> {
  await using file = await open(path);
  const { size: bytes } = await file.stat();
  const fields = await topFields(file, bytes);
  if (!fields) return { path, bytes, needed: undefined };
  const needed = fields.at(-1)!.end;
  if (needed > bytes) return { path, bytes, needed };
  const graph = fields.find(({ field }) => field === graphField);
  // One that is larger has its weights in itself.
  if (!graph || graph.end - graph.start > mostGraphBytes) return undefined;
  const content = Buffer.alloc(graph.end - graph.start);
  await file.read(content, 0, content.length, graph.start);
  for (const [location, end] of endsOfWeights(content)) {
    const weights = join(dirname(path), location);
    const size = await stat(weights).then(
      (status) => status.size,
      () => undefined,
    );
    if (size !== undefined && size < end) return { path: weights, bytes: size, needed: end };
  }
  return undefined;
}

const mostGraphBytes = 64e6;

/**
 * Numbers of fields in the messages of ONNX.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const graphField = 7;
const initializerField = 5;
const externalDataField = 13;

/** The place of a field of Protocol Buffers. */
interface Field {
  readonly field: number;
  readonly start: number;
  readonly end: number;
}

/** A tag and a length have up to ten bytes each. */
const mostHeadBytes = 20;

/** The fields of a file, without their content; undefined if it has none, or something else. */
async function topFields(file: FileHandle, size: number): Promise<Field[] | undefined> {
  const fields: Field[] = [];
  for (let at = 0; at < size; ) {
    const head = Buffer.alloc(mostHeadBytes);
    await file.read(head, 0, head.length, at);
    const field = readField(head, 0);
    if (!field) return undefined;
    fields.push({ ...field, start: at + field.start, end: at + field.end });
    at += field.end;
  }
  return fields.length > 0 ? fields : undefined;
}

/** For each file with weights, where the last of them ends. */
function endsOfWeights(graph: Buffer): Map<string, number> {
  const ends = new Map<string, number>();
  for (const tensor of partsOf(graph, initializerField)) {
    const entries = partsOf(tensor, externalDataField).map((entry) =>
      [1, 2].map((field) => String(partsOf(entry, field)[0] ?? "")),
    );
    const { location, offset = 0, length = 0 } = Object.fromEntries(entries);
    if (location !== undefined)
      ends.set(location, Math.max(ends.get(location) ?? 0, Number(offset) + Number(length)));
  }
  return ends;
}

/** The contents of the fields with a number. */
function partsOf(message: Buffer, number: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; ) {
    const field = readField(message, at);
    if (!field) break;
    if (field.field === number) parts.push(message.subarray(field.start, field.end));
    at = field.end;
  }
  return parts;
}

function readField(bytes: Buffer, at: number): Field | undefined {
  const tag = readNumber(bytes, at);
  if (!tag) return undefined;
  const field = Math.floor(tag.value / 8);
  // No field has this number: these are zeros, such as room for the rest of a download.
  if (field === 0) return undefined;
  const start = tag.end;
  switch (tag.value % 8) {
    case 0: {
      const number = readNumber(bytes, start);
      return number && { field, start, end: number.end };
    }
    case 1:
      return { field, start, end: start + 8 };
    case 2: {
      const length = readNumber(bytes, start);
      return length && { field, start: length.end, end: length.end + length.value };
    }
    case 5:
      return { field, start, end: start + 4 };
    default:
      return undefined;
  }
}

function readNumber(bytes: Buffer, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let end = at; end < Math.min(at + 10, bytes.length); end++) {
    value += (bytes[end]! & 127) * 2 ** (7 * (end - at));
    if (bytes[end]! < 128) return { value, end: end + 1 };
  }
  return undefined;
}
