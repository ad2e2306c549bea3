import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { moveWeightsOut } from "../../../test-support/external-data.ts";
import { installCore } from "../../../test-support/installed-core.ts";
import { areClose } from "../../vectors/vectors.ts";

type Core = typeof import("../../index.ts");

// Processes and models start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const fixtures = fileURLToPath(new URL("../../../../../test/fixtures/", import.meta.url));
const fixture = join(fixtures, "embeddinggemma");
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "worker-"));
});

afterAll(() => rm(parent, { recursive: true }));

const options = { dtype: "fp32", worker: true } as const;

describe("a model in a worker", () => {
  let core: Core;

  beforeAll(async () => {
    const { installed } = await installCore(parent);
    core = await import(pathToFileURL(join(installed, "dist", "index.js")).href);
  });

  test("tokenizes a long text in pieces, and an abort stops it", async () => {
    await using here = await core.Embedder.load(fixture, { dtype: "fp32" });
    await using there = await core.Embedder.load(fixture, options);
    const text = "Größe, 火星 and the red planet's size. ".repeat(4000);
    expect(await there.countTokens(text)).toBe(await here.countTokens(text));
    const abort = new AbortController();
    const count = there.countTokens(text, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 10);
    await expect(count).rejects.toThrow("enough");
    expect(await there.encodeDocument(text)).toEqual(await here.encodeDocument(text));
  });

  test("can be an ONNX file with a name of its own, with weights beside it", async () => {
    const model = join(parent, "other-name");
    await cp(fixture, model, { recursive: true });
    await cp(join(model, "onnx/model.onnx"), join(model, "weights/my_q4.onnx"));
    await rm(join(model, "onnx"), { recursive: true });
    await moveWeightsOut(join(model, "weights/my_q4.onnx"), ["a.bin", "b/c.bin"]);
    await using here = await core.Embedder.load(fixture, { dtype: "fp32" });
    await using there = await core.Embedder.load(model, {
      modelFile: "my_q4",
      subfolder: "weights",
      worker: true,
    });
    expect(await there.encode("Mars is red.")).toEqual(await here.encode("Mars is red."));
  });

  test("handles texts of every size and concurrent calls", async () => {
    await using here = await core.Embedder.load(fixture, { dtype: "fp32" });
    await using there = await core.Embedder.load(fixture, options);
    const texts = ["", ...Array.from({ length: 200 }, (_, index) => `text ${index} `.repeat(40))];
    const [vectors, ...queries] = await Promise.all([
      there.encode(texts, { maxBatchTokens: 4096 }),
      ...Array.from({ length: 8 }, (_, index) => there.encodeQuery(`query ${index}`)),
    ]);
    expect(vectors).toHaveLength(201);
    expect(distance(vectors[200]!, await here.encode(texts[200]!))).toBeLessThan(1e-5);
    expect(distance(queries[3]!, await here.encodeQuery("query 3"))).toBeLessThan(1e-5);
  });

  test("is shared by embedders with the same options, until the last is disposed", async () => {
    const [first, second] = await Promise.all([
      core.Embedder.load(fixture, options),
      core.Embedder.load(fixture, options),
    ]);
    await first.dispose();
    expect(await second.encodeQuery("still there")).toHaveLength(768);
    await second.dispose();
    await expect(second.encodeQuery("gone")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("ends if the load is aborted", async () => {
    const abort = new AbortController();
    const loading = core.Embedder.load(fixture, { ...options, threads: 1, signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 20);
    await expect(loading).rejects.toThrow("enough");
    await using embedder = await core.Embedder.load(fixture, { ...options, threads: 1 });
    expect(await embedder.encodeQuery("works")).toHaveLength(768);
  });

  test("stops before the next batch if a call is aborted", async () => {
    await using there = await core.Embedder.load(fixture, options);
    const abort = new AbortController();
    const texts = ["one", "two", "three"];
    const onProgress = () => abort.abort(new Error("enough"));
    await expect(
      there.encode(texts, { maxBatchTokens: 1, signal: abort.signal, onProgress }),
    ).rejects.toThrow("enough");
    expect(await there.encode("one")).toHaveLength(768);
  });

  test("with several processes gives the same results", async () => {
    await using here = await core.Embedder.load(fixture, { dtype: "fp32", threads: 1 });
    await using there = await core.Embedder.load(fixture, { dtype: "fp32", workers: 2 });
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index} `.repeat(index));
    const [expected, actual] = [await here.encode(texts), await there.encode(texts)];
    actual.forEach((vector, index) => {
      expect(areClose(vector, expected[index]!, 1e-6)).toBe(true);
    });
  });

  test('with workers: "auto" gives the same results', async () => {
    await using here = await core.Embedder.load(fixture, { dtype: "fp32" });
    await using there = await core.Embedder.load(fixture, { dtype: "fp32", workers: "auto" });
    expect(await there.encode("Mars")).toEqual(await here.encode("Mars"));
  });

  test.each(["true", 1, null])("is refused with worker: %j", async (worker) => {
    await expect(
      core.Embedder.load(fixture, { worker: worker as unknown as boolean }),
    ).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});

/**
 * Largest difference between two vectors. Vectors of the same text from different batches differ in
 * the last digits.
 */
function distance(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
}
