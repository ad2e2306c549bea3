import type { JsonValue } from "../types.ts";

/** A class by its module and name. */
interface PythonClass {
  module: string;
  name: string;
}

/** A value to pickle. */
export type Pickled =
  | { kind: "json"; value: JsonValue }
  | { kind: "dict"; entries: [Pickled, Pickled][] }
  | { kind: "set"; items: string[] }
  | { kind: "tuple"; items: [Pickled, Pickled] }
  | { kind: "instance"; class: PythonClass; state: Pickled };

export const json = (value: JsonValue): Pickled => ({ kind: "json", value });

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

function* writeJson(value: JsonValue): Iterable<Buffer> {
  if (value === null) yield opcode("N");
  else if (value === true) yield opcode("\x88");
  else if (value === false) yield opcode("\x89");
  else if (typeof value === "string") yield text(value);
  else if (typeof value === "number") yield number(value);
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
  const bytes = Buffer.from(value, "utf8");
  const header = Buffer.alloc(5);
  header.write("X", "latin1");
  header.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
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
