import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { moveWeightsOut } from "../../test-support/external-data.ts";
import { HubServer } from "../../test-support/hub-server.ts";
import { type Quantization, quantizeGraph } from "../../test-support/quantized-graph.ts";
import { Embedder } from "../embedder.ts";
import { parseOnnx } from "./onnx-model.ts";
import { prepareGraph } from "./prepare-graph.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));

let parent: string;
let model: string;
let graph: string;
let kept: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "prepare-graph-"));
  model = join(parent, "model");
  graph = join(model, "onnx", "model_quantized.onnx");
  kept = join(parent, "assets", "embeddinggemma");
  await cp(fixture, model, { recursive: true });
  vi.stubEnv("HF_ASSETS_CACHE", join(parent, "assets"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(parent, { recursive: true });
});

const texts = ["the red planet", "Venus", "a longer text about planets and their moons ".repeat(5)];

async function vectors(options: { worker?: boolean } = {}): Promise<number[]> {
  const embedder = await Embedder.load(model, { dtype: "q8", ...options });
  const rows = await embedder.encodeDocument(texts);
  await embedder.dispose();
  return rows.flatMap((row) => [...row]);
}

const preparedFolders = async () =>
  (await readdir(kept)).filter((name) => name.startsWith("graph")).map((name) => join(kept, name));

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((number, index) => Math.abs(number - b[index]!)));
}

describe("weights in 8 bits", () => {
  const kinds: Quantization[] = [
    {},
    { perChannel: true },
    { unsigned: true },
    { perChannel: true, unsigned: true },
    { unsigned: true, typed: true },
    { perChannel: true, unsigned: true, typed: true },
  ];

  test.each(kinds)("%j: the same vectors, from weights that were converted once", async (kind) => {
    await quantizeGraph(join(model, "onnx/model.onnx"), graph, kind);
    vi.stubEnv("HF_ASSETS_CACHE", "/dev/null");
    const expected = await vectors();
    vi.stubEnv("HF_ASSETS_CACHE", join(parent, "assets"));
    const first = await vectors();
    const [folder, ...others] = await preparedFolders();
    expect(others).toEqual([]);
    const { ino, mtimeMs } = await stat(join(folder!, "model.onnx"));
    const second = await vectors();
    expect(await stat(join(folder!, "model.onnx"))).toMatchObject({ ino, mtimeMs });
    expect(largestDifference(first, expected)).toBeLessThan(1e-6);
    expect(second).toEqual(first);
  });

  test("from data files, of which those in use are shared", async () => {
    await quantizeGraph(join(model, "onnx/model.onnx"), graph);
    const expected = await vectors();
    await moveWeightsOut(graph, ["a/weights.bin", "b.bin"]);
    expect(largestDifference(await vectors(), expected)).toBeLessThan(1e-6);
    expect(await preparedFolders()).toHaveLength(2);
    expect(await vectors({ worker: true })).toEqual(await vectors());
  });

  test("a table is looked up in 8 bits, and no matrix is left in them", async () => {
    await quantizeGraph(join(model, "onnx/model.onnx"), graph);
    await vectors();
    const [folder] = await preparedFolders();
    const { node, initializer } = parseOnnx(await readFile(join(folder!, "model.onnx"))).graph!;
    const dequantized = node.filter(({ opType }) => opType === "DequantizeLinear");
    expect(dequantized).toHaveLength(1);
    const lookUp = node.find(({ output }) => output[0] === dequantized[0]!.input[0]);
    expect(lookUp?.opType).toBe("Gather");
    expect(initializer.filter(({ dataType }) => dataType === 3).map(({ name }) => name)).toEqual([
      lookUp?.input[0],
      ...dequantized[0]!.input.slice(2),
    ]);
  });
});

test("another file gets another graph", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  const before = await vectors();
  await quantizeGraph(join(model, "onnx/model.onnx"), graph, { perChannel: true });
  expect(largestDifference(await vectors(), before)).toBeGreaterThan(1e-5);
});

test("a data file that was overwritten in place, and then restored", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  await moveWeightsOut(graph);
  const expected = await vectors();
  const dataFile = `${graph}_data`;
  const data = await readFile(dataFile);
  await writeFile(dataFile, Buffer.from(data).reverse());
  await rm(dataFile);
  await writeFile(dataFile, data);
  expect(await vectors()).toEqual(expected);
});

test("a graph in the image of a container, where times have no fractions of a second", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  const expected = await vectors();
  const [folder] = await preparedFolders();
  for (const name of await readdir(folder!)) {
    const path = join(folder!, name);
    const seconds = Math.floor((await stat(path)).mtimeMs / 1000);
    await utimes(path, seconds, seconds);
  }
  const { ino } = await stat(join(folder!, "model.onnx"));
  expect(await vectors()).toEqual(expected);
  expect((await stat(join(folder!, "model.onnx"))).ino).toBe(ino);
});

test("an abort stops it, and leaves nothing", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  const digest = async (file: string) => file;
  const file = { path: "onnx/model_quantized.onnx", dtype: "q8" } as const;
  const reason = new Error("enough");
  const folder = { path: model, derived: kept, digest };
  await expect(prepareGraph(folder, file, [], AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await readdir(kept)).toEqual([]);
  expect(await prepareGraph(folder, file, [])).not.toBeNull();
});

describe("a damaged graph is made again", () => {
  test.each([
    ["a file is missing", (folder: string) => rm(join(folder, "model.onnx_data"))],
    ["a file is cut", (folder: string) => truncate(join(folder, "model.onnx_data"), 100)],
    [
      "the list of files is damaged",
      (folder: string) => writeFile(join(folder, "contents.json"), "{"),
    ],
    [
      "the graph is something else of the same size",
      async (folder: string) => {
        const path = join(folder, "model.onnx");
        await writeFile(path, Buffer.alloc((await stat(path)).size, 255));
      },
    ],
  ])("%s", async (_, damage) => {
    await quantizeGraph(join(model, "onnx/model.onnx"), graph);
    const expected = await vectors();
    const [folder] = await preparedFolders();
    await damage(folder!);
    expect(largestDifference(await vectors(), expected)).toBeLessThan(1e-6);
    expect(await vectors()).toEqual(expected);
    expect(await preparedFolders()).toEqual([folder]);
  });
});

test("a model in a folder that is linked, as in the cache of huggingface_hub", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  await moveWeightsOut(graph);
  for (const name of ["model_quantized.onnx", "model_quantized.onnx_data"]) {
    const blob = join(parent, `blob-${name}`);
    await rename(join(model, "onnx", name), blob);
    await symlink(blob, join(model, "onnx", name));
  }
  const linked = await vectors();
  const [folder] = await preparedFolders();
  expect((await stat(join(folder!, "weights_0"))).size).toBeGreaterThan(0);
  await rm(graph);
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  expect(largestDifference(await vectors(), linked)).toBeLessThan(1e-6);
});

test("a model of the Hub: its graph is kept in the folder of its repository", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  const local = await vectors();
  await using hub = await HubServer.start("owner/model", model);
  const cacheDir = join(parent, "hub");
  const options = { dtype: "q8", endpoint: hub.endpoint, cacheDir } as const;
  kept = join(cacheDir, "models--owner--model/.embeddinggemma");
  for (let load = 1; load <= 2; load++) {
    await using embedder = await Embedder.load("owner/model", options);
    const rows = await embedder.encodeDocument(texts);
    expect(rows.flatMap((row) => [...row])).toEqual(local);
    const [folder, ...others] = await preparedFolders();
    expect(await readdir(folder!)).toContain("model.onnx");
    expect(others).toEqual([]);
  }
});

test("a model whose weights are not in 8 bits stays as it is", async () => {
  await quantizeGraph(join(model, "onnx/model.onnx"), graph);
  await vectors();
  const folders = await preparedFolders();
  expect(folders).toHaveLength(1);
  const embedder = await Embedder.load(model, { dtype: "fp32" });
  await embedder.dispose();
  expect(await preparedFolders()).toEqual(folders);
});
