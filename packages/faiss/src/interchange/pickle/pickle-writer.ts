import type { RecordValue } from "../../types.ts";

/** A class by its module and name. */
interface PythonClass {
  module: string;
  name: string;
}

/** A value to pickle. */
export type Pickled =
  | { kind: "json"; value: RecordValue }
  | { kind: "dict"; entries: [Pickled, Pickled][] }
  | { kind: "set"; items: string[] }
  | { kind: "tuple"; items: [Pickled, Pickled] }
  | { kind: "instance"; class: PythonClass; state: Pickled };

export const json = (value: RecordValue): Pickled => ({ kind: "json", value });

export function dict(entries: Record<string, Pickled> | [Pickled, Pickled][]): Pickled {
  const pairs = Array.isArray(entries)
    ? entries
    : Object.entries(entries).map(([key, value]): [Pickled, Pickled] => [json(key), value]);
  return { kind: "dict", entries: pairs };
}

/**
 * Writes a pickle of protocol 4, which Python 3.4 and later read. The pieces are large enough to
 * write each to disk.
 */
export function* writePickle(value: Pickled): Iterable<Buffer> {
  let pieces: Buffer[] = [Buffer.from([0x80, 4])];
  let bytes = 0;
  for (const piece of write(value)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < minPieceBytes) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  yield Buffer.concat([...pieces, opcode(".")]);
}

const minPieceBytes = 2 ** 16;

function* write(pickled: Pickled): Iterable<Buffer> {
  switch (pickled.kind) {
    case "json":
      yield* writeJson(pickled.value);
      return;
    case "dict":
      yield opcode("}(");
      for (const [key, value] of pickled.entries) {
        yield* write(key);
        yield* write(value);
      }
      yield opcode("u");
      return;
    case "set":
      yield opcode("\x8f(");
      for (const item of pickled.items) yield text(item);
      yield opcode("\x90");
      return;
    case "tuple":
      yield* write(pickled.items[0]);
      yield* write(pickled.items[1]);
      yield opcode("\x86");
      return;
    case "instance":
      yield text(pickled.class.module);
      yield text(pickled.class.name);
      yield opcode("\x93)\x81");
      yield* write(pickled.state);
      yield opcode("b");
  }
}

function* writeJson(value: RecordValue): Iterable<Buffer> {
  if (value === null) yield opcode("N");
  else if (value === true) yield opcode("\x88");
  else if (value === false) yield opcode("\x89");
  else if (typeof value === "string") yield text(value);
  else if (typeof value === "number") yield number(value);
  else if (value instanceof Date) yield* datetime(value);
  else if (Array.isArray(value)) {
    yield opcode("](");
    for (const item of value) yield* writeJson(item);
    yield opcode("e");
  } else {
    yield opcode("}(");
    for (const [key, item] of Object.entries(value)) {
      yield text(key);
      yield* writeJson(item);
    }
    yield opcode("u");
  }
}

function opcode(codes: string): Buffer {
  return Buffer.from(codes, "latin1");
}

function text(value: string): Buffer {
  const bytes = utf8(value);
  const header = Buffer.alloc(5);
  header.write("X", "latin1");
  header.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

/** UTF-8, with half a surrogate pair as Python's pickles have it. */
function utf8(value: string): Buffer {
  if (value.isWellFormed()) return Buffer.from(value, "utf8");
  return Buffer.concat(
    Array.from(value, (character) => {
      if (character.isWellFormed()) return Buffer.from(character, "utf8");
      const code = character.charCodeAt(0);
      return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
    }),
  );
}

/** The years of Python's `datetime`. */
const minYear = 1;
const maxYear = 9999;

/** Whether Python's `datetime` can represent a date. */
export function fitsPython(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= minYear && year <= maxYear;
}

/** A `datetime.datetime` in UTC, as Python pickles it: ten bytes, and a time zone. */
function* datetime(date: Date): Iterable<Buffer> {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(date.getUTCFullYear(), 0);
  fields.writeUInt8(date.getUTCMonth() + 1, 2);
  fields.writeUInt8(date.getUTCDate(), 3);
  fields.writeUInt8(date.getUTCHours(), 4);
  fields.writeUInt8(date.getUTCMinutes(), 5);
  fields.writeUInt8(date.getUTCSeconds(), 6);
  fields.writeUIntBE(date.getUTCMilliseconds() * 1000, 7, 3);
  yield* global("datetime", "datetime");
  yield Buffer.concat([opcode("C\x0a"), fields]);
  yield* global("datetime", "timezone");
  yield* global("datetime", "timedelta");
  yield opcode("K\0K\0K\0\x87R\x85R\x86R");
}

function* global(module: string, name: string): Iterable<Buffer> {
  yield text(module);
  yield text(name);
  yield opcode("\x93");
}

/** Numbers that are integers in JavaScript are integers in Python. */
function number(value: number): Buffer {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) {
    const integer = Buffer.alloc(5);
    integer.write("J", "latin1");
    integer.writeInt32LE(value, 1);
    return integer;
  }
  if (Number.isSafeInteger(value)) {
    const long = Buffer.alloc(10);
    long.write("\x8a\x08", "latin1");
    long.writeBigInt64LE(BigInt(value), 2);
    return long;
  }
  const float = Buffer.alloc(9);
  float.write("G", "latin1");
  float.writeDoubleBE(value, 1);
  return float;
}
