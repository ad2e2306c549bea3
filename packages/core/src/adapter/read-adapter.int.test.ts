import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeSafetensors } from "@embeddinggemma/internal";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { HubServer } from "../../test-support/hub-server.ts";
import { fixture } from "../../test-support/hub-setup.ts";
import { Embedder } from "../embedder.ts";
import { LazyEmbedder } from "../lazy-embedder.ts";
import { Adapter } from "./adapter.ts";

const root = await mkdtemp(join(tmpdir(), "adapters-"));
const model = await Embedder.load(fixture, { dtype: "fp32" });
let folder: string;
let count = 0;

afterAll(async () => {
  await model.dispose();
  await rm(root, { recursive: true });
});

const small = Adapter.from({
  sides: "both",
  dimension: 3,
  weights: { a: Float32Array.of(1, 2, 3), b: Float32Array.of(4, 5, 6) },
  base: { model: "owner/name", identity: "owner/name?dtype=q8" },
  training: { epochs: 3 },
});

function queryAdapterOf({ model: name, modelIdentity, dimension }: Embedder): Adapter {
  const weights = {
    a: Float32Array.from({ length: dimension }, (_, index) => Math.sin(index)),
    b: Float32Array.from({ length: dimension }, (_, index) => Math.cos(index)),
  };
  const base = { model: name, identity: modelIdentity };
  return Adapter.from({ sides: "query", dimension, weights, base });
}

async function save(adapter: Adapter, to = folder): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const [name, bytes] of Object.entries(adapter.files()))
    await writeFile(join(to, name), bytes);
}

beforeEach(async () => {
  folder = join(root, `${count++}`);
  await save(small);
});

function expectEqual(loaded: Adapter, saved: Adapter): void {
  for (const key of ["sides", "rank", "dimension", "base", "digest", "training"] as const)
    expect(loaded[key]).toEqual(saved[key]);
  expect(loaded.delta()).toEqual(saved.delta());
}

test("an adapter is loaded from a folder or URL as it was saved", async () => {
  expectEqual(await Adapter.load(folder), small);
  expectEqual(await Adapter.load(pathToFileURL(folder)), small);
  expectEqual(await Adapter.load(pathToFileURL(folder).href), small);
  const { rank: _rank, ...full } = { ...small, rank: null };
  const weights = { delta: small.delta() };
  const adapter = Adapter.from({ ...full, weights });
  await save(adapter);
  expectEqual(await Adapter.load(folder), adapter);
});

test("Embedder.load applies one", async () => {
  const adapter = queryAdapterOf(model);
  await save(adapter);
  const expected = await model.withAdapter(adapter).encodeQuery("Mars");
  expect(expected).not.toEqual(await model.encodeQuery("Mars"));
  const { modelIdentity } = model;
  for (const option of [folder, pathToFileURL(folder), { folder }, adapter]) {
    await using tuned = await Embedder.load(fixture, { dtype: "fp32", adapter: option });
    expect(await tuned.encodeQuery("Mars")).toEqual(expected);
    expect(await tuned.encodeDocument("Mars")).toEqual(await model.encodeDocument("Mars"));
    expect(tuned.modelIdentity).toBe(modelIdentity);
  }
  const lazy = new LazyEmbedder({ model: fixture, dtype: "fp32", adapter: folder });
  expect(await lazy.encodeQuery("Mars")).toEqual(expected);
  expect(await lazy.identity()).toBe(model.identity);
  expect(await lazy.queryIdentity()).toBe(model.withAdapter(adapter).queryIdentity);
  await lazy.dispose();
});

test("the self-check is that of the model without it", async () => {
  const tuned = model.withAdapter(queryAdapterOf(model));
  expect(await tuned.selfCheck()).toEqual(await model.selfCheck());
});

test("an adapter of another model is refused, unless the caller says that it fits", async () => {
  const { dimension, sides, base } = queryAdapterOf(model);
  const weights = { delta: new Float32Array(dimension ** 2) };
  const identity = base.identity.replace(/^sha256:\w{4}/, "sha256:ffff");
  await save(Adapter.from({ sides, dimension, weights, base: { model: "a/b", identity } }));
  await expect(Embedder.load(fixture, { dtype: "fp32", adapter: folder })).rejects.toMatchObject({
    code: "ADAPTER_MISMATCH",
    message: expect.stringMatching(/made for "a\/b".*files are others.*allowMismatch: true/s),
  });
  const adapter = { folder, allowMismatch: true };
  await using tuned = await Embedder.load(fixture, { dtype: "fp32", adapter });
  expect(tuned.adapter?.base.model).toBe("a/b");
  await save(small);
  await expect(Embedder.load(fixture, { dtype: "fp32", adapter })).rejects.toMatchObject({
    code: "ADAPTER_MISMATCH",
    message: expect.stringContaining(`vectors of 3 numbers, but those of`),
  });
});

describe("the option adapter", () => {
  test.each<[unknown, RegExp]>([
    [1, /adapter must be a folder or URL of an adapter/],
    ["", /adapter must be/],
    [["./a", "./b"], /An embedder has one adapter.*withAdapter/],
    [Promise.resolve(), /Add the missing `await`/],
    [{ folder: "./a", allowmismatch: true }, /Did you mean `allowMismatch`/],
    [{ allowMismatch: true }, /folder must be a folder of an adapter/],
  ])("%o", async (adapter, message) => {
    const expected = { code: "INVALID_ARGUMENT", message: expect.stringMatching(message) };
    const options = { adapter: adapter as string };
    await expect(Embedder.load(fixture, options)).rejects.toMatchObject(expected);
    expect(() => new LazyEmbedder(options)).toThrow(expect.objectContaining(expected));
    const url = "http://localhost:1";
    await expect(Embedder.connect(url, options)).rejects.toMatchObject(expected);
  });

  test("beside an embedder", () => {
    expect(() => new LazyEmbedder({ embedder: model, adapter: folder })).toThrow(
      /adapter cannot take effect. Pass `embedder: embedder.withAdapter/,
    );
  });
});

describe("a folder that is no adapter, or a damaged one, is refused", () => {
  const change = async (changes: Record<string, unknown>) => {
    const path = join(folder, "adapter.json");
    const manifest = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...manifest, ...changes }));
  };
  const replaceWeights = async (bytes: Uint8Array) => {
    await writeFile(join(folder, "adapter.safetensors"), bytes);
    const digest = createHash("sha256").update(bytes).digest("hex");
    await change({ digest });
  };
  const tensor = (...shape: number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "not JSON",
      () => writeFile(join(folder, "adapter.json"), "{"),
      /adapter.json of the adapter ".*" is not valid JSON/,
    ],
    ["an array", () => writeFile(join(folder, "adapter.json"), "[]"), /instead of an object/],
    ["another format", () => change({ format: "peft" }), /format "peft", not/],
    ["a newer version", () => change({ version: 2 }), /version 2 .*Update @embedd/],
    ["no version", () => change({ version: undefined }), /version undefined/],
    ["sides", () => change({ sides: "document" }), /"document", which is not "query/],
    ["rank", () => change({ rank: 0 }), /rank 0, which/],
    ["large rank", () => change({ rank: 4 }), /rank 4, which is more than/],
    ["dimension", () => change({ dimension: "3" }), /dimension "3"/],
    ["base", () => change({ base: { model: "a" } }), /base an object/],
    ["digest", () => change({ digest: "abc" }), /digest "abc"/],
    ["training", () => change({ training: 1 }), /training 1/],
    [
      "other weights",
      async () => {
        const path = join(folder, "adapter.safetensors");
        const bytes = await readFile(path);
        bytes[bytes.length - 1]! ^= 1;
        await writeFile(path, bytes);
      },
      /is not the file that adapter.json describes: its SHA-256/,
    ],
    [
      "weights that end early",
      async () => {
        const path = join(folder, "adapter.safetensors");
        await writeFile(path, (await readFile(path)).subarray(0, 10));
      },
      /has only 10 bytes, but adapter.json describes 24. It is incomplete/,
    ],
    [
      "weights that are too long",
      () => writeFile(join(folder, "adapter.safetensors"), new Uint8Array(100_000)),
      /has 100000 bytes, but adapter.json describes 24. It is another file/,
    ],
    [
      "other tensors",
      () => replaceWeights(writeSafetensors({ delta: tensor(3, 3) })),
      /has the tensors delta, not a and b/,
    ],
    [
      "other shapes",
      () => replaceWeights(writeSafetensors({ a: tensor(1, 3), b: tensor(1, 3) })),
      /has a of the shape \[1, 3\], but adapter.json says \[3, 1\]/,
    ],
    ["not Safetensors", () => replaceWeights(new Uint8Array(64)), /header that is not JSON/],
    [
      "no weights",
      () => rm(join(folder, "adapter.safetensors")),
      /has no adapter.safetensors. .*copy both files/,
    ],
    [
      "no adapter.json",
      () => rm(join(folder, "adapter.json")),
      /has no adapter.json. .*copy both files/,
    ],
    [
      "a model",
      async () => {
        await rm(folder, { recursive: true });
        await cp(fixture, folder, { recursive: true });
      },
      /It is a model, not an adapter: pass it to Embedder.load as the model/,
    ],
    [
      "PEFT",
      async () => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
        await writeFile(join(folder, "adapter_config.json"), "{}");
      },
      /adapter of PEFT, such as LoRA.*merge_and_unload/,
    ],
    [
      "a store",
      async () => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
        await writeFile(join(folder, "faiss-store.json"), "{}");
      },
      /is a store that `save` wrote. It contains no adapter. Open it with FaissStore.open/,
    ],
    [
      "a folder with one in it",
      async () => {
        await rm(folder, { recursive: true });
        await save(small, join(folder, "planets"));
      },
      /The folder planets in it has one: pass that/,
    ],
    [
      "nothing",
      () => rm(folder, { recursive: true }),
      /There is no folder .*, and ".*" is not the id of a repository/,
    ],
    [
      "a file",
      async () => {
        await rm(folder, { recursive: true });
        await writeFile(folder, "");
      },
      /is a file. Pass the folder/,
    ],
  ])("%s", async (_name, damage, message) => {
    await damage();
    await expect(Adapter.load(folder)).rejects.toMatchObject({
      code: "ADAPTER_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("and an adapter is no model", async () => {
    await expect(Embedder.load(folder)).rejects.toMatchObject({
      code: "MODEL_FILE_MISSING",
      message: expect.stringMatching(/is an adapter. It contains no model. Pass it as the option/),
    });
  });
});

test("an adapter is loaded from the Hub, and from its cache", async () => {
  await using hub = await HubServer.start("owner/adapter", folder);
  const options = { endpoint: hub.endpoint, cacheDir: join(root, `cache-${count}`) };
  expectEqual(await Adapter.load("owner/adapter", options), small);
  expectEqual(await Adapter.load("owner/adapter", { ...options, localFilesOnly: true }), small);
  expect(hub.countOf("GET", "adapter.safetensors")).toBe(1);
  await expect(Adapter.load("owner/other", options)).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
  });
  const abort = AbortSignal.abort(new Error("stop"));
  await expect(Adapter.load("owner/adapter", { ...options, signal: abort })).rejects.toThrow(
    "stop",
  );
});
