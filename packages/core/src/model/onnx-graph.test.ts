import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bytes, field, number, text, varint } from "../../test-support/protobuf.ts";
import type { RandomAccessFile } from "../files/model-folder.ts";
import { type OnnxGraph, readOnnxGraph } from "./onnx-graph.ts";

const graphs = fileURLToPath(new URL("../../../../test/fixtures/graphs/", import.meta.url));

/** A file of parts at positions, with zeros between them. Counts the bytes that are read. */
class SparseFile implements RandomAccessFile {
  readonly size: number;
  bytesRead = 0;
  closed = 0;
  readonly #parts: readonly (readonly [position: number, content: Uint8Array])[];

  constructor(size: number, parts: readonly (readonly [number, Uint8Array])[]) {
    this.size = size;
    this.#parts = parts;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    const result = new Uint8Array(Math.min(length, this.size - start));
    this.bytesRead += result.length;
    for (const [position, content] of this.#parts) {
      content.forEach((byte, index) => {
        const at = position + index - start;
        if (at >= 0 && at < result.length) result[at] = byte;
      });
    }
    return result;
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

const fileOf = (content: Uint8Array) => new SparseFile(content.length, [[0, content]]);

function read(file: RandomAccessFile | null): Promise<OnnxGraph> {
  return readOnnxGraph("me/model", "onnx/model.onnx", { path: "/folder", open: async () => file });
}

/** A tensor whose data is at a location, and a model with tensors as initializers. */
const external = (location: string) =>
  bytes(field(13, text(1, "location"), text(2, location)), number(14, 1));
const modelWith = (...tensors: Uint8Array[]) =>
  field(7, ...tensors.map((tensor) => field(5, tensor)));

const invalid = (reason: string) =>
  expect.objectContaining({
    code: "MODEL_FILE_INVALID",
    message: expect.stringContaining(reason),
    details: { model: "me/model", file: "onnx/model.onnx", folder: "/folder" },
  });

describe("a graph as the onnx package writes it", () => {
  test("names data files in every place where a tensor can be", async () => {
    const file = fileOf(await readFile(`${graphs}data-files.onnx`));
    const { dataFiles, operators } = await read(file);
    expect(dataFiles).toEqual(
      [
        "attribute.bin",
        "function default.bin",
        "function.bin",
        "graph.bin",
        "graphs.bin",
        "initializer-indices.bin",
        "initializer-values.bin",
        "model.onnx.data",
        "sparse/indices-2.bin",
        "sparse/indices.bin",
        "sparse/values-2.bin",
        "sparse/values.bin",
        "tensors-2.bin",
        "tensors.bin",
        "training/algorithm.bin",
        "training/initialization.bin",
      ].map((name) => `onnx/${name}`),
    );
    expect([...operators].sort()).toEqual([
      ":Algorithm",
      ":InFunction",
      ":InGraph",
      ":InGraphs",
      ":Initialize",
      "own:Outer",
    ]);
    expect(file.closed).toBe(1);
  });

  test.for([
    ["dynamic-linear", ":DynamicQuantizeLinear"],
    ["dynamic-function", ":DynamicQuantizeLinear"],
    ["dynamic-branch", ":DynamicQuantizeLinear"],
    ["dynamic-matmul", "com.microsoft:DynamicQuantizeMatMul"],
  ])("lists the operators of %s", async ([name, operator]) => {
    const { dataFiles, operators } = await read(fileOf(await readFile(`${graphs}${name}.onnx`)));
    expect(operators).toContain(operator);
    expect(operators).toContain(":Sin");
    expect(dataFiles).toEqual([]);
  });

  test("is invalid if it is cut anywhere", async () => {
    // Its graph takes more than half of the file.
    const content = await readFile(`${graphs}data-files.onnx`);
    for (let end = 0; end < content.length / 2; end++) {
      await expect(read(fileOf(content.subarray(0, end))), `cut at ${end}`).rejects.toMatchObject({
        code: "MODEL_FILE_INVALID",
      });
    }
  });

  test("is read or invalid, but never hangs or crashes, with any byte changed", async () => {
    const content = await readFile(`${graphs}data-files.onnx`);
    let failures = 0;
    for (let position = 0; position < content.length; position++) {
      const changed = Uint8Array.from(content);
      changed[position] = changed[position]! ^ (1 << (position % 8));
      const error = await read(fileOf(changed)).then(
        () => null,
        (error: unknown) => error,
      );
      if (error === null) continue;
      failures++;
      expect(error).toMatchObject({ code: "MODEL_FILE_INVALID" });
    }
    expect(failures).toBeGreaterThan(100);
  });
});

test("weights inside of the file are skipped, not read", async () => {
  const size = 2 ** 31;
  const name = external("after.bin");
  // One graph with a tensor of 2 GiB raw data (field 9), and a tensor after it.
  const raw = bytes([(9 << 3) | 2], varint(size));
  const first = bytes([(5 << 3) | 2], varint(raw.length + size), raw);
  const second = field(5, name);
  const start = bytes([(7 << 3) | 2], varint(first.length + size + second.length), first);
  const file = new SparseFile(start.length + size + second.length, [
    [0, start],
    [start.length + size, second],
  ]);
  expect((await read(file)).dataFiles).toEqual(["onnx/after.bin"]);
  expect(file.bytesRead).toBeLessThan(100_000);
});

test("fields of any type that are not needed are skipped", async () => {
  const content = bytes(
    bytes(varint(30 * 8), new Array(9).fill(0xff), [1]),
    bytes([4 * 8 + 1], [1, 2, 3, 4, 5, 6, 7, 8]),
    modelWith(external("a.bin")),
    bytes([2 * 8 + 5], [1, 2, 3, 4]),
    text(3, "1.0"),
  );
  expect((await read(fileOf(content))).dataFiles).toEqual(["onnx/a.bin"]);
});

test.for<[string, string]>([
  ["weights.bin", "onnx/weights.bin"],
  ["./weights.bin", "onnx/weights.bin"],
  ["a//b/./c d%20#?.bin", "onnx/a/b/c d%20#?.bin"],
  ["..data", "onnx/..data"],
  ["größe/重み", "onnx/größe/重み"],
])("a location %j is a path in the folder of the graph", async ([location, path]) => {
  expect((await read(fileOf(modelWith(external(location))))).dataFiles).toEqual([path]);
});

test.for<string>([
  "",
  ".",
  "..",
  "../weights.bin",
  "a/../b.bin",
  "a/../../b.bin",
  "/etc/passwd",
  "\\\\server\\share",
  "..\\weights.bin",
  "C:\\weights.bin",
  "c:weights.bin",
])("a location %j that may leave the folder is invalid", async (location) => {
  await expect(read(fileOf(modelWith(external(location))))).rejects.toThrow(
    invalid("not in its folder"),
  );
});

test("a tensor that is external, but has no location, is invalid", async () => {
  const tensor = bytes(field(13, text(1, "offset"), text(2, "0")), number(14, 1));
  await expect(read(fileOf(modelWith(tensor)))).rejects.toThrow(invalid("not in its folder"));
});

test.for<[string, Uint8Array, string]>([
  ["an empty file", bytes(), "no graph"],
  ["a model without a graph", text(2, "producer"), "no graph"],
  ["text", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"), "damaged"],
  ["field number 0", bytes([0, 0]), "damaged"],
  ["a group", bytes([(7 << 3) | 3]), "damaged"],
  ["a wire type that does not exist", bytes([(7 << 3) | 7]), "damaged"],
  ["a number without an end", bytes([8], new Array(30).fill(0xff)), "damaged"],
  ["a length beyond the message", field(7, [(5 << 3) | 2, 9, 1]), "damaged"],
  ["a length beyond every file", bytes([(7 << 3) | 2], new Array(9).fill(0xff), [1]), "damaged"],
  ["an operator with an endless name", field(7, field(1, text(4, "x".repeat(5000)))), "damaged"],
])("%s is invalid", async ([, content, reason]) => {
  await expect(read(fileOf(content))).rejects.toThrow(invalid(reason));
});

test("branches in branches are read, but not without end", async () => {
  const nested = (depth: number) => {
    let graph = field(1, text(4, "Innermost"));
    for (let level = 0; level < depth; level++) graph = field(1, field(5, field(6, graph)));
    return fileOf(field(7, graph));
  };
  expect((await read(nested(30))).operators).toContain(":Innermost");
  await expect(read(nested(40))).rejects.toThrow(invalid("nested too deeply"));
});
