import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSafetensors, type Tensor, writeSafetensors } from "./safetensors.ts";

const fail = (problem: string) => new Error(`file ${problem}`);
const read = (bytes: Uint8Array) => readSafetensors(bytes, fail);

/** A file with any header. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const bytesOf = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);

const tensor = (...data_offsets: number[]) => ({
  dtype: "F32",
  shape: [(data_offsets[1]! - data_offsets[0]!) / 4],
  data_offsets,
});

const tensors = fc.dictionary(
  fc.string().filter((name) => name !== "__metadata__" && name !== "__proto__"),
  fc.tuple(fc.nat(3), fc.nat(3)).chain(([rows, columns]) =>
    fc
      .float32Array({
        minLength: rows * columns,
        maxLength: rows * columns,
        noNaN: true,
        noDefaultInfinity: true,
      })
      .map((data): Tensor => ({ shape: [rows, columns], data })),
  ),
  { maxKeys: 4 },
);

test("what is written is read", () => {
  fc.assert(
    fc.property(tensors, fc.nat(7), (written, offset) => {
      const bytes = writeSafetensors(written);
      // Wherever the bytes lie in their buffer.
      const shifted = new Uint8Array(offset + bytes.length).subarray(offset);
      shifted.set(bytes);
      expect(Object.fromEntries(read(Buffer.from(bytes)))).toEqual({ ...written });
      expect(Object.fromEntries(read(shifted))).toEqual({ ...written });
    }),
  );
});

test("a file that is cut anywhere is refused", () => {
  const bytes = writeSafetensors({ a: { shape: [2], data: Float32Array.of(1, 2) } });
  for (let length = 0; length < bytes.length; length++) {
    expect(() => read(bytes.subarray(0, length))).toThrow(/^file /);
  }
});

test("a file of the reference implementation is read, with metadata", () => {
  const header = { __metadata__: { format: "pt" }, b: tensor(4, 12), a: tensor(0, 4) };
  const found = read(fileOf(`${JSON.stringify(header)}   `, bytesOf(1, 2, 3)));
  expect([...found]).toEqual([
    ["a", { shape: [1], data: Float32Array.of(1) }],
    ["b", { shape: [2], data: Float32Array.of(2, 3) }],
  ]);
});

describe("what is wrong is said", () => {
  const data = bytesOf(1, 2, 3);
  test.each<[string, Uint8Array, RegExp]>([
    ["too short", new Uint8Array(7), /only 7 bytes/],
    ["another format", new Uint8Array(64).fill(0xff), /is not a file of Safetensors/],
    ["JSON", fileOf("{"), /not JSON/],
    ["UTF-8", fileOf("\ud800"), /not JSON|no object/],
    ["an array", fileOf([]), /no object/],
    ["a number as a tensor", fileOf({ a: 1 }), /dtype undefined/],
    ["dtype", fileOf({ a: { ...tensor(0, 12), dtype: "BF16" } }, data), /"BF16"; only "F32"/],
    ["shape", fileOf({ a: { ...tensor(0, 12), shape: [-3] } }, data), /shape that is no array/],
    ["size", fileOf({ a: { ...tensor(0, 12), shape: [2, 2] } }, data), /12 bytes, but .*needs 16/],
    ["huge", fileOf({ a: { ...tensor(0, 12), shape: [2 ** 52, 2 ** 52] } }, data), /needs/],
    ["offsets", fileOf({ a: { ...tensor(0, 12), data_offsets: [8, 4] } }, data), /data_offsets/],
    ["one offset", fileOf({ a: { ...tensor(0, 12), data_offsets: [0] } }, data), /data_offsets/],
    ["beyond the end", fileOf({ a: tensor(0, 16) }, data), /ends at 16, but the data at 12/],
    ["overlap", fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, data), /overlap: "b"/],
    ["gap", fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, data), /no tensor, before "b"/],
    ["excess", fileOf({ a: tensor(0, 8) }, data), /4 more bytes/],
    ["NaN", fileOf({ a: tensor(0, 8) }, bytesOf(1, Number.NaN)), /NaN at number 1 of .* "a"/],
    ["infinity", fileOf({ a: tensor(0, 4) }, bytesOf(-1 / 0)), /-Infinity at number 0/],
  ])("%s", (_name, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });
});
