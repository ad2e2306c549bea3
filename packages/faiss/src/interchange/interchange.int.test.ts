import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { FaissStore } from "../faiss-store.ts";
import type { ImportOptions } from "../interchange-types.ts";
import { seededRandom } from "../testing/random-vectors.ts";
import type { JsonValue } from "../types.ts";

/** Written by the real libraries: test/reference/faiss/make_fixtures.py. */
const fixtures = join(import.meta.dirname, "../../../../test/fixtures/faiss");

interface Expected {
  ids: string[];
  texts: string[];
  metadata: { [key: string]: JsonValue }[];
  vectors: number[][];
}

interface LangChainRecord {
  pageContent: string;
  metadata: { [key: string]: JsonValue };
}

let expected: Expected;
let folder: string;
beforeAll(async () => {
  expected = JSON.parse(await readFile(join(fixtures, "expected.json"), "utf8"));
  folder = await mkdtemp(join(tmpdir(), "faiss-interchange-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function recordsOf(positions: number[]): LangChainRecord[] {
  return positions.map((position) => ({
    pageContent: expected.texts[position]!,
    metadata: expected.metadata[position]!,
  }));
}

async function expectVectors(store: FaissStore<never>, positions: number[]): Promise<void> {
  for (const [place, id] of store.ids().entries()) {
    expect(store.get(id)!.vector).toEqual(new Float32Array(expected.vectors[positions[place]!]!));
  }
  const [hit] = await (store as FaissStore).search(expected.vectors[positions[1]!]!, { k: 1 });
  expect(hit).toMatchObject({ id: store.ids()[1], score: expect.closeTo(1, 6) });
}

const all = [0, 1, 2, 3, 4, 5];

describe("importing", () => {
  it.each<[string, ImportOptions<LangChainRecord>, number[]]>([
    ["langchain-python", {}, all],
    ["langchain-python-inner-product", {}, all],
    ["langchain-python-deleted", { indexName: "planets" }, [0, 2, 4, 5]],
    ["langchain-js", {}, all],
  ])("reads %s", async (name, options, positions) => {
    const store = await FaissStore.import<LangChainRecord>(join(fixtures, name), {
      engine: "builtin",
      ...options,
    });
    expect(store.ids()).toEqual(positions.map((position) => expected.ids[position]));
    expect([...store].map(({ record }) => record)).toEqual(recordsOf(positions));
    await expectVectors(store as FaissStore<never>, positions);
  });

  it.each(["llamaindex-python", "llamaindex-python-map"])("reads %s", async (name) => {
    const store = await FaissStore.import<{ text: string; metadata: JsonValue }>(
      join(fixtures, name),
    );
    expect(store.ids()).toEqual(expected.ids);
    expect(
      [...store].map(({ record: { text, metadata } }) => ({ pageContent: text, metadata })),
    ).toEqual(recordsOf(all));
    await expectVectors(store as FaissStore<never>, all);
  });

  it.each([
    ["flat-ip", ["0", "1", "2", "3", "4", "5"]],
    ["flat-l2", ["0", "1", "2", "3", "4", "5"]],
    ["hnsw", ["0", "1", "2", "3", "4", "5"]],
    ["idmap", ["5", "15", "25", "35", "45", "55"]],
    ["idmap2", ["5", "15", "25", "35", "45", "55"]],
  ])("reads the FAISS file %s", async (name, ids) => {
    const store = await FaissStore.import<null>(join(fixtures, `${name}.faiss`));
    expect(store.ids()).toEqual(ids);
    await expectVectors(store as FaissStore<never>, all);
    const named = await FaissStore.import<string>(join(fixtures, `${name}.faiss`), {
      ids: expected.ids,
      toRecord: (source, id) => `${source} of ${id}`,
      searchDimension: 4,
      identity: "python",
    });
    expect(named.get("planet-2")?.record).toBe("null of planet-2");
    expect(named.searchDimension).toBe(4);
    expect(named.identity).toBe("python");
  });

  it("refuses vectors that are not unit vectors, unless normalize is true", async () => {
    const path = join(fixtures, "flat-l2-lengths.faiss");
    await expect(FaissStore.import(path)).rejects.toMatchObject({
      code: "INVALID_VECTOR",
      message: expect.stringContaining("normalize: true"),
    });
    const store = await FaissStore.import(path, { normalize: true });
    for (const [position, id] of store.ids().entries()) {
      const [hit] = await store.search(expected.vectors[position]!, { k: 1 });
      expect(hit).toMatchObject({ id, score: expect.closeTo(1, 6) });
    }
  });

  it.each([
    ["nowhere", "NOT_A_STORE", "There is no file or folder"],
    [".", "NOT_A_STORE", "faiss.index"],
    ["langchain-js/docstore.json", "NOT_A_STORE", "IxFI"],
  ])("refuses %s", async (name, code, words) => {
    const error = await FaissStore.import(join(fixtures, name)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it.each(["malicious-reduce", "malicious-metadata", "unexpected-class"])(
    "runs no code in %s",
    async (name) => {
      const error = await FaissStore.import(join(fixtures, name)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: "UNSAFE_FILE",
        message: expect.stringContaining("Nothing was run."),
      });
      expect(existsSync("pwned")).toBe(false);
    },
  );

  it.each([
    ["cyclic-metadata", "FILE_DAMAGED"],
    ["unfolding-metadata", "UNSAFE_FILE"],
    ["nested-class", "INVALID_RECORD"],
  ])("refuses %s, which cannot be a record", async (name, code) => {
    const error = await FaissStore.import(join(fixtures, name), { engine: "builtin" }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining("index.pkl"),
    });
  });

  it.each([
    [
      "langchain-js",
      "docstore.json",
      [
        "null",
        "5",
        "{}",
        "[5]",
        "[[5], {}]",
        "[[], null]",
        '[[["a"]], {"0": "a"}]',
        '[[["a", {}]], {"9": "a"}]',
      ],
    ],
    ["llamaindex-python", "docstore.json", ["null", "[]", '{"docstore/data": {"planet-0": null}}']],
    ["llamaindex-python", "index_store.json", ["null", "[]", '{"index_store/data": {"a": null}}']],
    [
      "llamaindex-python-map",
      "id_map.json",
      ["null", "5", '{"faiss_id_to_node_id_map": {"0": 5}}'],
    ],
  ] as const)("refuses %s with other JSON in %s", async (name, file, contents) => {
    const copy = await mkdtemp(join(folder, "other-json-"));
    await cp(join(fixtures, name), copy, { recursive: true });
    for (const content of contents) {
      await writeFile(join(copy, file), content);
      const error = await FaissStore.import(copy, { engine: "builtin" }).catch(
        (thrown: unknown) => thrown,
      );
      expect(FaissStoreError.isInstance(error) && error.code, content).toBe("FILE_DAMAGED");
    }
  });

  it("refuses JSON in a docstore that is made to do harm", async () => {
    const copy = await mkdtemp(join(folder, "bad-json-"));
    await cp(join(fixtures, "langchain-js"), copy, { recursive: true });
    const importing = async (documents: string, mapping: string) => {
      await writeFile(join(copy, "docstore.json"), `[[${documents}], ${mapping}]`);
      return FaissStore.import<LangChainRecord>(copy, { engine: "builtin" });
    };
    const document = (id: string, metadata: string) =>
      `["${id}", {"pageContent": "text", "metadata": ${metadata}}]`;
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const [documents, mapping, code] of [
      [document("a", `{"deep": ${deep}}`), '{"0": "a"}', "INVALID_RECORD"],
      [deep, '{"0": "a"}', "FILE_DAMAGED"],
      [document("a", "1e999"), '{"0": "a"}', "INVALID_RECORD"],
      [`${document("a", "{}")}, ${document("a", "{}")}`, '{"0": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"0": "a", "1": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"00": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"-1": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"1e400": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"__proto__": "a"}', "FILE_DAMAGED"],
      [document("a", "{}"), '{"0": ["a"]}', "FILE_DAMAGED"],
    ] as const) {
      await expect(importing(documents, mapping), mapping).rejects.toMatchObject({ code });
    }
    const store = await importing(
      `${document("__proto__", '{"__proto__": {"polluted": true}}')}`,
      '{"0": "__proto__"}',
    );
    const { metadata } = store.get("__proto__")!.record;
    expect(Object.keys(metadata)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("allocates no memory for vectors that only the header promises", async () => {
    const path = join(folder, "promising.faiss");
    const bytes = await readFile(join(fixtures, "flat-ip.faiss"));
    for (const [dimension, rows] of [
      [2 ** 31 - 1, 2n ** 31n],
      [8, 2n ** 40n],
      [1, 2n ** 62n],
    ] as const) {
      bytes.writeInt32LE(dimension, 4);
      bytes.writeBigInt64LE(rows, 8);
      bytes.writeBigUInt64LE(BigInt(dimension) * rows, 37);
      await writeFile(path, bytes);
      await expect(FaissStore.import(path, { engine: "builtin" })).rejects.toMatchObject({
        code: "FILE_DAMAGED",
      });
    }
  });

  it("refuses damaged files, whatever the damage, with an error that has a code", {
    timeout: 60_000,
  }, async () => {
    const random = seededRandom(21);
    for (const [name, file] of [
      ["langchain-python", "index.pkl"],
      ["langchain-python", "index.faiss"],
      ["langchain-js", "docstore.json"],
      ["llamaindex-python", "docstore.json"],
      ["llamaindex-python-map", "id_map.json"],
      ["llamaindex-python-map", "default__vector_store.json"],
    ] as const) {
      const copy = join(folder, "damaged");
      await cp(join(fixtures, name), copy, { recursive: true });
      const bytes = await readFile(join(copy, file));
      for (let round = 0; round < 60; round++) {
        const damaged = Buffer.from(bytes);
        for (let flip = 0; flip < 3; flip++)
          damaged[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
        await writeFile(
          join(copy, file),
          damaged.subarray(0, round % 3 === 0 ? random() * bytes.length : undefined),
        );
        // A changed letter in a text cannot be noticed. All other changes must give an error of
        // this package.
        const outcome = await FaissStore.import(copy, { engine: "builtin" }).catch(
          (error: unknown) => error,
        );
        expect(
          outcome instanceof FaissStore || FaissStoreError.isInstance(outcome),
          String(outcome),
        ).toBe(true);
      }
      for (const length of [0, 3, 44, bytes.length - 1]) {
        await writeFile(join(copy, file), bytes);
        await truncate(join(copy, file), length);
        const outcome = await FaissStore.import(copy, { engine: "builtin" }).catch(
          (error: unknown) => error,
        );
        expect(FaissStoreError.isInstance(outcome)).toBe(true);
      }
      await rm(copy, { recursive: true });
    }
  });
});

describe("exporting", () => {
  async function planets(): Promise<FaissStore<LangChainRecord>> {
    const store = await FaissStore.create<LangChainRecord>({ dimension: 8 });
    const decoy = {
      id: "gone",
      vector: [1, 1, 1, 1, 1, 1, 1, 1],
      record: { pageContent: "", metadata: {} },
    };
    await store.upsert([decoy]);
    const records = recordsOf(all);
    await store.upsert(
      expected.ids.map((id, row) => ({
        id,
        vector: expected.vectors[row]!,
        record: records[row]!,
      })),
    );
    await store.delete("gone");
    return store;
  }

  it("writes the same file as faiss.write_index", async () => {
    const path = join(folder, "below", "planets.faiss");
    expect(await (await planets()).exportFaiss(path)).toEqual(expected.ids);
    expect(await readFile(path)).toEqual(await readFile(join(fixtures, "flat-ip.faiss")));
  });

  it("writes a folder for LangChain for Python that can be imported again", async () => {
    const store = await planets();
    await store.exportLangChainPython(join(folder, "langchain"));
    const again = await FaissStore.import<LangChainRecord>(join(folder, "langchain"));
    expect([...again]).toEqual([...store]);
    await store.exportLangChainPython(join(folder, "langchain"), {
      indexName: "other",
      toDocument: ({ pageContent }, id) => ({ pageContent: `${id}: ${pageContent}`, metadata: {} }),
    });
    const other = await FaissStore.import<LangChainRecord>(join(folder, "langchain"), {
      indexName: "other",
    });
    expect(other.get("planet-0")?.record).toEqual({
      pageContent: "planet-0: Mercury",
      metadata: {},
    });
  });

  it("gives toDocument a copy, and takes a document of a class", async () => {
    class Document {
      pageContent: string;
      metadata = { seen: new Date(5) };
      constructor(pageContent: string) {
        this.pageContent = pageContent;
      }
    }
    const store = await FaissStore.create<{ tags: string[] }>();
    await store.upsert([{ id: "a", vector: [1], record: { tags: ["red"] } }]);
    const toDocument = (record: { tags: string[] }) => {
      record.tags.push("changed");
      return new Document(record.tags.join());
    };
    await store.exportLangChainPython(join(folder, "documents"), { toDocument });
    const pickle = await readFile(join(folder, "documents", "index.pkl"), "latin1");
    expect(pickle).toContain("red,changed");
    expect(store.get("a")!.record).toEqual({ tags: ["red"] });
  });

  it("refuses what cannot be exported", async () => {
    const store = await FaissStore.create<number>();
    await expect(store.exportFaiss(join(folder, "empty"))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await store.upsert([{ id: "five", vector: [1], record: 5 }]);
    await expect(store.exportLangChainPython(folder)).rejects.toMatchObject({
      code: "INVALID_RECORD",
    });
    for (const document of [
      undefined,
      { pageContent: 5 },
      { pageContent: "", metadata: { at: () => 1 } },
      { pageContent: "", metadata: { at: [new Date("+010000-01-01")] } },
    ]) {
      const toDocument = () => document as never;
      await expect(store.exportLangChainPython(folder, { toDocument })).rejects.toMatchObject({
        code: "INVALID_RECORD",
      });
    }
    await expect(store.exportFaiss(folder)).rejects.toMatchObject({ code: "SAVE_FAILED" });
  });
});

describe("adding another store", () => {
  it("adds its items and replaces those with the same ids", async () => {
    const one = await FaissStore.create<string>({ identity: "tiny" });
    const other = await FaissStore.create<string>({ identity: { model: "other" } });
    await one.upsert([
      { id: "a", vector: [1, 0], record: "one" },
      { id: "b", vector: [0, 1], record: "one" },
    ]);
    await other.upsert([
      { id: "b", vector: [1, 1], record: "other" },
      { id: "c", vector: [1, 2], record: "other" },
    ]);
    await expect(one.upsert(other)).rejects.toMatchObject({ code: "IDENTITY_MISMATCH" });
    await one.upsert([...other]);
    expect([...one].map(({ id, record }) => `${id} ${record}`)).toEqual([
      "a one",
      "b other",
      "c other",
    ]);
    expect(await one.upsert(one)).toEqual(["a", "b", "c"]);
    expect(one.size).toBe(3);
    const unknown = await FaissStore.create<string>();
    const adding = unknown.upsert(other);
    await other.upsert([{ id: "d", vector: [1, 3], record: "later" }]);
    await other.delete("b");
    await other.close();
    await adding;
    expect(unknown.ids(), "the items of the other store at the time of the call").toEqual([
      "b",
      "c",
    ]);
    await expect(unknown.upsert(other)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(one.upsert(unknown)).rejects.toMatchObject({
      code: "IDENTITY_MISMATCH",
      message: expect.stringMatching(/The other has no identity\.$/),
    });
    expect(await one.upsert(await FaissStore.create<string>())).toEqual([]);
  });
});
