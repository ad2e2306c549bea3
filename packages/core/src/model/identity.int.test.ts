import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moveWeightsOut } from "../../test-support/external-data.ts";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";
import { Embedder } from "../embedder.ts";
import type { LoadOptions } from "../options.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "identity-"));
});

afterAll(() => rm(parent, { recursive: true }));

async function identityOf(model: string, options: LoadOptions = {}): Promise<string> {
  await using embedder = await Embedder.load(model, { dtype: "fp32", ...options });
  return embedder.identity;
}

test("folders with equal content have the same identity, whatever their path", async () => {
  const copy = join(parent, "some copy");
  await cp(fixture, copy, { recursive: true });
  const identity = await identityOf(fixture);
  expect(identity.replaceAll(/[0-9a-f]{16,}/g, ({ length }) => `<${length} hex digits>`)).toBe(
    "sha256:<32 hex digits>?dtype=fp32&recipe=1.<16 hex digits>" +
      "&prompts=<16 hex digits>&dimension=768&normalize=true",
  );
  expect(await identityOf(copy)).toBe(identity);
  expect(await identityOf(pathToFileURL(copy).href)).toBe(identity);
});

test("options that change the vectors change the identity, others do not", async () => {
  const identity = await identityOf(fixture);
  for (const options of [
    { truncateDim: 256, allowUntrainedDim: true },
    { normalize: false },
    { prompts: { query: "q: " } },
    { maxTokens: 64 },
  ]) {
    expect(await identityOf(fixture, options), JSON.stringify(options)).not.toBe(identity);
  }
  for (const options of [
    { threads: 1 },
    { maxBatchTokens: 64 },
    { truncation: "error" as const },
  ]) {
    expect(await identityOf(fixture, options), JSON.stringify(options)).toBe(identity);
  }
});

test("other weights of the same shape have another identity", async () => {
  const changed = join(parent, "changed");
  await cp(fixture, changed, { recursive: true });
  const path = join(changed, "onnx", "model.onnx");
  const weights = await readFile(path);
  // This is in the middle of the weights, so the graph stays valid.
  weights[Math.floor(weights.length / 2)]! ^= 1;
  await writeFile(path, weights);
  expect(await identityOf(changed)).not.toBe(await identityOf(fixture));
});

test.for(["model.onnx_data", "model.onnx.data", "shards/2.bin"])(
  "weights in %s count, so a shared cache never mixes two models",
  async (location) => {
    const folders = await Promise.all(
      ["first", "second"].map(async (name) => {
        const folder = join(parent, `${name} ${location.replace("/", " ")}`);
        await cp(fixture, folder, { recursive: true });
        await moveWeightsOut(join(folder, "onnx/model.onnx"), ["shards/1.bin", location]);
        return folder;
      }),
    );
    await changeSigns(join(folders[1]!, "onnx", location));
    const cache = new MemoryVectorCache();
    await using first = await Embedder.load(folders[0]!, { dtype: "fp32", cache });
    await using second = await Embedder.load(folders[1]!, { dtype: "fp32", cache });
    expect(second.identity).not.toBe(first.identity);
    await first.encode("Mars is red.");
    const cached = await second.encode("Mars is red.");
    expect(cached).toEqual(await second.encode("Mars is red.", { cache: null }));
    expect(cached).not.toEqual(await first.encode("Mars is red."));
  },
);

test("weights that two dtypes share count for both", async () => {
  const folder = join(parent, "shared weights");
  await cp(fixture, folder, { recursive: true });
  const graph = join(folder, "onnx/model.onnx");
  await moveWeightsOut(graph, ["all.weights"]);
  await cp(graph, join(folder, "onnx/model_quantized.onnx"));
  const dtypes = ["fp32", "q8"] as const;
  const identities = () => Promise.all(dtypes.map((dtype) => identityOf(folder, { dtype })));
  const before = await identities();
  await changeSigns(join(folder, "onnx/all.weights"));
  const after = await identities();
  expect(new Set([...before, ...after]).size).toBe(4);
});

test("a file beside the graph that the graph does not name does not count", async () => {
  const folder = join(parent, "with a stranger");
  await cp(fixture, folder, { recursive: true });
  await writeFile(join(folder, "onnx/model.onnx.data"), "left over");
  expect(await identityOf(folder)).toBe(await identityOf(fixture));
});

/** Changes the sign of every other number in a file of float32. */
async function changeSigns(path: string): Promise<void> {
  const weights = await readFile(path);
  for (let index = 3; index < weights.length; index += 8) weights[index]! ^= 0x80;
  await writeFile(path, weights);
}
