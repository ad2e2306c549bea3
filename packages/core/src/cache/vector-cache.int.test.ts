import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { ClassicLevel } from "classic-level";
import { MemoryLevel } from "memory-level";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { testBackend, testDescription } from "../../test-support/test-embedder.ts";
import { Embedder } from "../embedder.ts";
import { inputKey } from "../encoding/prompts.ts";
import type { ModelDescription } from "../model/description.ts";
import type { EncodeDefaults } from "../options.ts";
import type { Backend } from "../runtime/backend.ts";
import { type LevelDatabase, LevelVectorCache } from "./level-vector-cache.ts";
import { MemoryVectorCache } from "./memory-vector-cache.ts";
import { type VectorCache, vectorCacheKey } from "./vector-cache.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "vector-cache-"));
});

afterAll(() => rm(parent, { recursive: true }));

const newFolder = () => mkdtemp(join(parent, "cache-"));

const openFolder = (folder: string) => new LevelVectorCache(new ClassicLevel(folder));

/** Vectors of four numbers, of which the third is not finite for the text "!". */
function countingBackend() {
  const run = vi.fn<Backend["run"]>(async ({ rows, length, inputIds }) => ({
    sentenceEmbedding: Float32Array.from({ length: rows * 4 }, (_, index) => {
      const id = Number(inputIds[Math.floor(index / 4) * length]);
      return id === 10 + "!".codePointAt(0)! && index % 4 === 2 ? Number.NaN : id + (index % 4);
    }),
  }));
  const backend = testBackend({ run, specialTokens: { prefix: [], suffix: [] } });
  const rowsRun = () => run.mock.calls.reduce((sum, [batch]) => sum + batch.rows, 0);
  return { backend, rowsRun };
}

const description: ModelDescription = {
  ...testDescription,
  prompts: { query: "q", document: "d" },
  maxTokens: 8,
};

function embedderWith(cache: VectorCache | null, options: EncodeDefaults = {}, model = "literal") {
  const { backend, rowsRun } = countingBackend();
  return {
    embedder: Embedder.from({ model, backend, description, cache, ...options }),
    rowsRun,
  };
}

/** A cache that is only its interface, on a Map. */
function literalCache(): VectorCache & { vectors: Map<string, Float32Array> } {
  const vectors = new Map<string, Float32Array>();
  return {
    vectors,
    getMany: async (keys) => keys.map((key) => vectors.get(key)),
    setMany: async (entries) => {
      for (const [key, vector] of entries) vectors.set(key, vector.slice());
    },
  };
}

describe.each([
  ["a literal", async () => literalCache()],
  ["MemoryVectorCache", async () => new MemoryVectorCache()],
  ["LevelVectorCache on classic-level", async () => openFolder(await newFolder())],
  ["LevelVectorCache on memory-level", async () => new LevelVectorCache(new MemoryLevel())],
  [
    "LevelVectorCache on a sublevel, other encodings",
    async () => {
      const database = new MemoryLevel<number, object>({
        keyEncoding: "json",
        valueEncoding: "json",
      });
      return new LevelVectorCache(database.sublevel("vectors"));
    },
  ],
] as [string, () => Promise<VectorCache>][])("%s", (_name, open) => {
  test("returns what was stored, in the order of the keys, or undefined", async () => {
    const cache = await open();
    const data = Float32Array.of(1, 2, 3, 4);
    await cache.setMany([
      ["a", data.subarray(0, 2)],
      ["b", data.subarray(2)],
    ]);
    data.fill(0);
    const vectors = await cache.getMany(["b", "nothing", "a"]);
    expect(vectors).toEqual([Float32Array.of(3, 4), undefined, Float32Array.of(1, 2)]);
    expect(await cache.getMany([])).toEqual([]);
    await cache.setMany([]);
  });

  test("keeps the latest vector of a key, bit for bit", async () => {
    const cache = await open();
    const vector = Float32Array.of(-0, 1e-45, 3.4028234663852886e38, 1 / 3);
    await cache.setMany([["key", Float32Array.of(1)]]);
    await cache.setMany([["key", vector]]);
    const [kept] = await cache.getMany(["key"]);
    expect(new Uint32Array(kept!.slice().buffer)).toEqual(new Uint32Array(vector.buffer));
  });

  test("handles many concurrent reads and writes", async () => {
    const cache = await open();
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key, index) => cache.setMany([[key, Float32Array.of(index)]])));
    const vectors = await Promise.all(keys.map((key) => cache.getMany([key])));
    expect(vectors.map(([vector]) => vector![0])).toEqual(keys.map((_, index) => index));
  });

  test("a second run over the same documents infers only what changed", async () => {
    const cache = await open();
    const documents = ["one", "two", { title: "t", text: "three" }, "one"];
    const first = embedderWith(cache);
    const vectors = await first.embedder.encodeDocument(documents);
    expect(first.rowsRun()).toBe(3);
    const second = embedderWith(cache);
    expect(await second.embedder.encodeDocument(documents)).toEqual(vectors);
    expect(second.rowsRun()).toBe(0);
    expect(await second.embedder.encodeDocument(["one", "two!", "two"])).toEqual([
      vectors[0],
      await embedderWith(null).embedder.encodeDocument("two!"),
      vectors[1],
    ]);
    expect(second.rowsRun()).toBe(1);
  });
});

describe("what a key distinguishes", () => {
  test("prompts, texts and models, and where the prompt ends", async () => {
    const cache = literalCache();
    const { embedder } = embedderWith(cache);
    await embedder.encode("ab", { prompt: "x" });
    await embedder.encode("b", { prompt: "xa" });
    await embedder.encode("xab");
    await embedder.encodeQuery("ab");
    await embedderWith(cache, {}, "another model").embedder.encode("ab", { prompt: "x" });
    expect(cache.vectors.size).toBe(5);
  });

  test("not truncation or normalization: the cache has full vectors", async () => {
    const cache = literalCache();
    const { embedder, rowsRun } = embedderWith(cache);
    await embedder.encode("ab");
    expect([...cache.vectors]).toEqual([
      [
        expect.stringMatching(/^[0-9a-f]{64}$/),
        await embedderWith(null).embedder.encode("ab", { normalize: false }),
      ],
    ]);
    const options: EncodeDefaults = { truncateDim: 2, normalize: false };
    expect(await embedder.encode("ab", options)).toEqual(
      await embedderWith(null).embedder.encode("ab", options),
    );
    expect(rowsRun()).toBe(1);
  });

  test("the key is SHA-256", () => {
    // printf 'id\n3:q: text' | sha256sum
    expect(vectorCacheKey("id", inputKey({ prompt: "q: ", text: "text" }))).toBe(
      "26e926ae059250a69783bf7b2c9112546b1b7365af893aa0dd3dab41834680cf",
    );
  });
});

describe("with a cache", () => {
  test("a call may use another cache or none", async () => {
    const cache = literalCache();
    const other = literalCache();
    const { embedder, rowsRun } = embedderWith(cache);
    await embedder.encode("a", { cache: null });
    await embedder.encode("a", { cache: other });
    expect([cache.vectors.size, other.vectors.size, rowsRun()]).toEqual([0, 1, 2]);
  });

  test("truncation is reported for texts in the cache too", async () => {
    const cache = literalCache();
    await embedderWith(cache).embedder.encode(["123456789", "1"]);
    const onTruncate = vi.fn();
    const { embedder, rowsRun } = embedderWith(cache);
    await embedder.encode(["1", "123456789"], { onTruncate });
    expect(onTruncate.mock.calls).toEqual([[{ index: 1, tokens: 9, maxTokens: 8 }]]);
    await expect(embedder.encode("123456789", { truncation: "error" })).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
    });
    expect(rowsRun()).toBe(0);
  });

  test("progress counts texts from the cache as done, and no tokens for them", async () => {
    const cache = literalCache();
    await embedderWith(cache).embedder.encode(["one", "two"]);
    const onProgress = vi.fn();
    await embedderWith(cache).embedder.encode(["one", "three", "two", "one"], { onProgress });
    expect(onProgress.mock.calls).toEqual([
      [{ done: 3, total: 4, tokens: 0 }],
      [{ done: 4, total: 4, tokens: 5 }],
    ]);
  });

  test("an aborted call keeps what it finished", async () => {
    const cache = literalCache();
    const abort = new AbortController();
    const { embedder } = embedderWith(cache, { maxBatchTokens: 1 });
    const onProgress = () => abort.abort(new Error("enough"));
    await expect(
      embedder.encode(["a", "b", "c"], { signal: abort.signal, onProgress }),
    ).rejects.toThrow("enough");
    await expect.poll(() => cache.vectors.size).toBe(1);
  });
});

describe("a broken cache never gives a wrong vector", () => {
  test.each([
    ["too short", Float32Array.of(1, 2)],
    ["too long", new Float32Array(5)],
    ["not finite", Float32Array.of(1, 2, Number.NaN, 4)],
    ["no Float32Array", [1, 2, 3, 4] as unknown as Float32Array],
    ["null", null as unknown as Float32Array],
  ])("%s: computed again and replaced", async (_what, broken) => {
    const cache = literalCache();
    const expected = await embedderWith(null).embedder.encode("a");
    await embedderWith(cache).embedder.encode("a");
    const [key] = cache.vectors.keys();
    cache.vectors.set(key!, broken);
    const { embedder, rowsRun } = embedderWith(cache);
    expect(await embedder.encode("a")).toEqual(expected);
    expect(await embedder.encode("a")).toEqual(expected);
    expect(rowsRun()).toBe(1);
  });

  test("if reading fails, the call fails and says so", async () => {
    const cause = new Error("disk on fire");
    const cache: VectorCache = { ...literalCache(), getMany: () => Promise.reject(cause) };
    await expect(embedderWith(cache).embedder.encode("a")).rejects.toMatchObject({
      code: "CACHE_FAILED",
      message: expect.stringContaining("could not be read: disk on fire"),
      details: { operation: "read" },
      cause,
    });
  });

  test.each(["ab", "abc"])(
    "writing fails after a batch of %j: the call fails, and the embedder stays usable",
    async (text) => {
      const setMany = vi.fn<VectorCache["setMany"]>().mockRejectedValueOnce(new Error("disk full"));
      const { embedder } = embedderWith({ ...literalCache(), setMany }, { maxBatchTokens: 2 });
      await expect(embedder.encode([...text])).rejects.toMatchObject({
        code: "CACHE_FAILED",
        message: expect.stringContaining("could not be written: disk full"),
      });
      setMany.mockResolvedValue();
      expect(await embedder.encode([...text])).toHaveLength(text.length);
    },
  );

  test.each([
    new DOMException("", "QuotaExceededError"),
    new Error("IO error: ./vectors/000005.log: No space left on device"),
  ])("a full storage gets advice that helps: %s", async (cause) => {
    const cache = { ...literalCache(), setMany: () => Promise.reject(cause) };
    await expect(embedderWith(cache).embedder.encode("a")).rejects.toMatchObject({
      code: "CACHE_FAILED",
      message: expect.stringMatching(
        / The storage is full: free some space or clear .* again without the option `cache`\.$/,
      ),
      cause,
    });
  });

  test.each([[[]], [undefined], [[undefined, undefined]]])(
    "getMany gives %j for one key: the call fails",
    async (given) => {
      const cache = { ...literalCache(), getMany: async () => given } as unknown as VectorCache;
      await expect(embedderWith(cache).embedder.encode("a")).rejects.toMatchObject({
        code: "CACHE_FAILED",
      });
    },
  );

  test("takes vectors of another realm, such as that of Jest's tests", async () => {
    const Foreign = runInNewContext("Float32Array") as typeof Float32Array;
    const cache = literalCache();
    await embedderWith(cache).embedder.encode("a");
    for (const [key, vector] of cache.vectors) cache.vectors.set(key, Foreign.from(vector));
    const { embedder, rowsRun } = embedderWith(cache);
    const vector = await embedder.encode("a");
    expect(rowsRun()).toBe(0);
    expect([...vector]).toEqual([...(await embedderWith(null).embedder.encode("a"))]);
  });

  test("a value that is not a cache is refused", () => {
    expect(() => embedderWith(new Map() as unknown as VectorCache)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("cache must be"),
      }),
    );
  });
});

describe("MemoryVectorCache", () => {
  test("keeps the most recently used vectors, up to maxBytes", async () => {
    const cache = new MemoryVectorCache({ maxBytes: 8 });
    await cache.setMany([
      ["a", Float32Array.of(1)],
      ["b", Float32Array.of(2)],
    ]);
    await cache.getMany(["a"]);
    await cache.setMany([["c", Float32Array.of(3)]]);
    expect(await cache.getMany(["a", "b", "c"])).toEqual([
      Float32Array.of(1),
      undefined,
      Float32Array.of(3),
    ]);
    expect(cache.size).toBe(2);
    cache.clear();
    expect(cache.size).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, "1" as unknown as number])(
    "refuses maxBytes %s",
    (maxBytes) => {
      expect(() => new MemoryVectorCache({ maxBytes })).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    },
  );
});

test("MemoryVectorCache refuses unknown options", () => {
  expect(() => new MemoryVectorCache({ maxSize: 8 } as object)).toThrow(
    expect.objectContaining({
      details: { option: "maxSize", nearest: "maxBytes", options: ["maxBytes"] },
    }),
  );
});

describe("LevelVectorCache", () => {
  test("vectors outlive the cache that stored them", async () => {
    const folder = join(await newFolder(), "not", "there", "yet.cache");
    {
      await using cache = openFolder(folder);
      await embedderWith(cache).embedder.encode(["one", "two"]);
    }
    await using cache = openFolder(folder);
    const { embedder, rowsRun } = embedderWith(cache);
    await embedder.encode(["two", "one"]);
    expect(rowsRun()).toBe(0);
    await cache.clear();
    await embedder.encode(["two", "one"]);
    expect(rowsRun()).toBe(2);
  });

  test("a vector that was changed on disk or moved to another key is missing", async () => {
    const folder = await newFolder();
    {
      await using cache = openFolder(folder);
      await cache.setMany([
        ["changed", Float32Array.of(1, 2)],
        ["cut", Float32Array.of(1, 2)],
        ["moved", Float32Array.of(1, 2)],
        ["sound", Float32Array.of(1, 2)],
      ]);
    }
    const database = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: "view" });
    const value = new Uint8Array((await database.get("changed"))!);
    await database.put("moved", value);
    await database.put("cut", value.subarray(0, 8));
    value[5]! ^= 1;
    await database.put("changed", value);
    await database.put("empty", new Uint8Array());
    await database.close();
    await using cache = openFolder(folder);
    expect(await cache.getMany(["changed", "cut", "moved", "empty", "sound"])).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      Float32Array.of(1, 2),
    ]);
  });

  test("reads what version 0.1 stored", async () => {
    const folder = await newFolder();
    {
      // As 0.1 opened it; the value is what 0.1 stored for [1, -2] under "key".
      const database = new ClassicLevel<string, Uint8Array>(folder, {
        valueEncoding: "view",
        compression: false,
      });
      await database.put("key", Uint8Array.from(Buffer.from("15e319d50000803f000000c0", "hex")));
      await database.close();
    }
    await using cache = openFolder(folder);
    expect(await cache.getMany(["key"])).toEqual([Float32Array.of(1, -2)]);
  });

  test("an error when the folder is open already; it can be used once it is free", async () => {
    const folder = await newFolder();
    const first = openFolder(folder);
    await first.getMany([]);
    await using second = openFolder(folder);
    await expect(second.getMany(["key"])).rejects.toMatchObject({
      code: "CACHE_FAILED",
      message: expect.stringContaining("already open"),
      details: { operation: "open" },
    });
    await first.close();
    expect(await second.getMany(["key"])).toEqual([undefined]);
  });

  test.each([undefined, null, "./vectors", new Map(), { getMany: async () => [] }])(
    "refuses %j as a database",
    (database) => {
      expect(() => new LevelVectorCache(database as unknown as LevelDatabase)).toThrow(
        expect.objectContaining({
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining("new ClassicLevel(folder)"),
        }),
      );
    },
  );

  test.each(["a new database", "an open database"])(
    "close waits for what was started before, on %s",
    async (which) => {
      const folder = await newFolder();
      const database = new ClassicLevel(folder);
      if (which === "an open database") await database.open();
      const cache = new LevelVectorCache(database);
      const writing = cache.setMany([["key", Float32Array.of(1)]]);
      const reading = cache.getMany(["other"]);
      await Promise.all([cache.close(), cache.close()]);
      await writing;
      expect(await reading).toEqual([undefined]);
      await using again = openFolder(folder);
      expect(await again.getMany(["key"])).toEqual([Float32Array.of(1)]);
    },
  );

  test("an error if the application has closed the database", async () => {
    const database = new MemoryLevel();
    const cache = new LevelVectorCache(database);
    await cache.getMany(["key"]);
    await database.close();
    await expect(embedderWith(cache).embedder.encode("a")).rejects.toMatchObject({
      code: "CACHE_FAILED",
      message: expect.stringContaining("is closed"),
    });
  });

  test("open, the way of version 0.1, tells the new one", async () => {
    await expect(LevelVectorCache.open("./vectors")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining('new LevelVectorCache(new ClassicLevel("./vectors"))'),
    });
  });

  test("damaged files are an error, never a crash", async () => {
    for (const damage of ["MANIFEST", ".ldb", "CURRENT"]) {
      const folder = await newFolder();
      {
        await using cache = openFolder(folder);
        const entries = Array.from({ length: 3000 }, (_, index) => [
          `${index}`,
          new Float32Array(768).fill(index),
        ]);
        for (let start = 0; start < 3000; start += 100) {
          await cache.setMany(entries.slice(start, start + 100) as [string, Float32Array][]);
        }
      }
      const files = (await readdir(folder)).filter((name) => name.includes(damage));
      expect(files.length, damage).toBeGreaterThan(0);
      for (const file of files) await truncate(join(folder, file), 10);
      const using = async () => {
        await using cache = openFolder(folder);
        await embedderWith(cache).embedder.encode("a");
        const keys = Array.from({ length: 3000 }, (_, index) => `${index}`);
        await embedderWith({
          ...literalCache(),
          getMany: () => cache.getMany(keys),
        }).embedder.encode("a");
      };
      await expect(using(), damage).rejects.toMatchObject({ code: "CACHE_FAILED" });
    }
  });

  test("an error for a path that cannot be a folder, and for a cache that is closed", async () => {
    const file = join(await newFolder(), "file");
    await writeFile(file, "");
    await expect(openFolder(join(file, "cache")).getMany(["key"])).rejects.toMatchObject({
      code: "CACHE_FAILED",
    });
    const cache = openFolder(await newFolder());
    await cache.close();
    await cache.close();
    await expect(embedderWith(cache).embedder.encode("a")).rejects.toMatchObject({
      code: "CACHE_FAILED",
      message: expect.stringContaining("is closed"),
    });
  });
});

test("a real model: the same vectors from the cache, bit for bit", async () => {
  await using cache = openFolder(await newFolder());
  const documents = [
    "Mars is red.",
    { title: "Venus", text: "Venus is hot." },
    "Jupiter is the largest planet.",
  ];
  const progress: number[] = [];
  const encode = async () => {
    await using embedder = await Embedder.load(fixture, { dtype: "fp32", cache });
    return embedder.encodeDocument(documents, {
      onProgress: ({ tokens }) => progress.push(tokens),
    });
  };
  const vectors = await encode();
  expect(progress.at(-1)).toBeGreaterThan(0);
  progress.length = 0;
  expect(await encode()).toEqual(vectors);
  expect(progress).toEqual([0]);
});
