import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { warningsOf } from "@embeddinggemma/internal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import type { ImportOptions } from "../interchange-types.ts";

/** Written by LlamaIndex itself: test/reference/faiss/make_llamaindex.py. */
const fixtures = join(import.meta.dirname, "../../../../test/fixtures/llamaindex-folders");
const { vectors }: { vectors: Record<string, number[]> } = JSON.parse(
  await readFile(join(fixtures, "expected.json"), "utf8"),
);

interface Node {
  text: string;
  metadata: Record<string, unknown>;
}

function importOf(name: string, options: ImportOptions<Node> = {}): Promise<FaissStore<Node>> {
  return FaissStore.import<Node>(join(fixtures, name), { engine: "builtin", ...options });
}

/** Each node has its own text and its own vector; the ids of these nodes are their texts. */
function expectNodes(store: FaissStore<Node>, ids: string[]): void {
  expect(store.ids()).toEqual(ids);
  for (const { id, vector, record } of store) {
    expect(record.text).toBe(id);
    for (const [place, value] of vectors[id]!.entries())
      expect(vector[place]).toBeCloseTo(value, 6);
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llamaindex-folders-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a folder of LlamaIndex (Python)", () => {
  it("is imported without the vectors of deleted documents, and tells of them", async () => {
    let store: FaissStore<Node> | undefined;
    const warnings = await warningsOf(async () => {
      store = await importOf("deleted");
    });
    expectNodes(store!, ["Mercury", "Earth", "Mars", "Jupiter", "Saturn"]);
    expect(warnings).toMatchObject([
      { code: "VECTORS_LEFT_OUT", message: expect.stringMatching(/1 of 6 vectors/) },
    ]);
  });

  it.each(["label-given-again", "map-of-old-release"])(
    "gives each node its own vector if a label was given again: %s",
    async (name) => {
      const warnings = await warningsOf(async () => {
        expectNodes(await importOf(name), ["Mercury", "Earth", "Mars", "Jupiter", "Saturn"]);
      });
      expect(warnings).toEqual([]);
    },
  );

  it.each(["plain", "map", "simple"])(
    "is imported if it has other indexes beside the one with vectors: %s",
    async (kind) => {
      const warnings = await warningsOf(async () => {
        const nodes = ["Mercury", "Venus", "Earth", "Mars"];
        expectNodes(await importOf(`beside-others-${kind}`), nodes);
      });
      expect(warnings).toEqual([]);
    },
  );

  it.each(["plain", "map", "simple"])("needs the id of one of two indexes: %s", async (kind) => {
    const name = `two-indexes-${kind}`;
    await expect(importOf(name)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/indexId: "inner", "outer"/),
    });
    await expect(importOf(name, { indexId: "other" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/"inner", "outer"; "other" was given/),
    });
    const warnings = await warningsOf(async () => {
      expectNodes(await importOf(name, { indexId: "inner" }), ["Mercury", "Venus"]);
      const outer = ["Earth", "Mars", "Jupiter", "Saturn"];
      expectNodes(await importOf(name, { indexId: "outer" }), outer);
    });
    expect(warnings).toEqual([]);
  });

  it.each(["nan-plain", "nan-simple"])("has NaN and infinity as null: %s", async (name) => {
    const store = await importOf(name);
    expectNodes(store, ["Mars", "Earth"]);
    expect(store.get("Mars")?.record.metadata).toEqual({
      moons: null,
      far: null,
      note: 'NaN, "-Infinity" \\',
    });
  });

  it.each(["simple", "simple-image", "simple-old-name"])(
    "is imported with a SimpleVectorStore of any name: %s",
    async (name) => {
      expectNodes(await importOf(name), ["Mercury", "Earth", "Mars", "Jupiter", "Saturn"]);
    },
  );

  it("needs the name of one of two vector stores", async () => {
    await expect(importOf("two-stores")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/sourceNamespace: "default", "image"/),
    });
    expect((await importOf("two-stores", { sourceNamespace: "image" })).size).toBe(5);
    await expect(importOf("two-stores", { sourceNamespace: "audio" })).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining("audio__vector_store.json"),
    });
  });

  it("is refused if its vectors are elsewhere, or of LlamaIndex.TS", async () => {
    const copy = join(folder, "elsewhere");
    await cp(join(fixtures, "simple"), copy, { recursive: true });
    const file = join(copy, "default__vector_store.json");
    await writeFile(file, '{"embedding_dict": {}}');
    await expect(FaissStore.import(copy)).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringMatching(/no vectors.*database/),
    });
    await writeFile(file, '{"embeddingDict": {"a": [1, 0]}}');
    await expect(FaissStore.import(copy)).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringMatching(/LlamaIndex\.TS.*vectors of embeddingDict.*again/),
    });
  });

  it.each([
    ["default__vector_store.json", '{"embedding_dict": {"Mars": [1, 0], "Earth": [1]}}'],
    ["default__vector_store.json", '{"embedding_dict": {"Mars": 5}}'],
    ["default__vector_store.json", '{"embedding_dict": '],
    ["docstore.json", '{"docstore/data": {"Mars": {"__data__": "{"}}}'],
    ["docstore.json", '{"docstore/data": {}}'],
    ["docstore.json", '{"docstore/data": NaNa}'],
    ["index_store.json", '{"index_store/data": {"a": {"__data__": "["}}}'],
  ])("is refused with another %s: %s", async (file, content) => {
    const copy = await mkdtemp(join(folder, "other-"));
    await cp(join(fixtures, "simple"), copy, { recursive: true });
    await writeFile(join(copy, file), content);
    await expect(FaissStore.import(copy)).rejects.toMatchObject({ code: "FILE_DAMAGED" });
  });
});

describe("vectors without direction", () => {
  const texts = ["Mercury", "Venus", "Earth"];

  async function folderOf(embeddings: Record<string, unknown>): Promise<string> {
    const copy = await mkdtemp(join(folder, "zeros-"));
    const nodes = texts.map((text) => [text, { __data__: { id_: text, text, metadata: {} } }]);
    const json = (value: object) => JSON.stringify(value).replaceAll('"NaN"', "NaN");
    await writeFile(
      join(copy, "docstore.json"),
      json({ "docstore/data": Object.fromEntries(nodes) }),
    );
    await writeFile(join(copy, "default__vector_store.json"), json({ embedding_dict: embeddings }));
    await writeFile(join(copy, "index_store.json"), "{}");
    return copy;
  }

  it("are left out by name, and the others are imported", async () => {
    const path = await folderOf({ Mercury: [0, 0], Venus: [0.6, 0.8], Earth: ["NaN", 1] });
    let store: FaissStore | undefined;
    const warnings = await warningsOf(async () => {
      store = await FaissStore.import(path);
    });
    expect(store?.ids()).toEqual(["Venus"]);
    expect(warnings).toMatchObject([
      {
        code: "VECTORS_LEFT_OUT",
        message: expect.stringMatching(/2 of 3 .*zero.*"Mercury", "Earth".*reembed: true/),
      },
    ]);
  });

  it("are refused if there are no others", async () => {
    const path = await folderOf({ Mercury: [0, 0], Earth: [0, 0] });
    const error = await FaissStore.import(path, { normalize: true }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "INVALID_VECTOR",
      message: expect.stringMatching(/2 of 2 .*"Mercury", "Earth"/),
    });
    expect(error.message).not.toContain("normalize");
  });

  it("do not matter if all texts are embedded again", async () => {
    const path = await folderOf({ Mercury: [0, 0], Venus: [0.6, 0.8] });
    const embed = async (nodes: readonly Node[]) => nodes.map(() => [1, 0, 0]);
    const embedding = { embed, textOf: ({ text }: Node) => text };
    const store = await FaissStore.import<Node>(path, { embedding, reembed: true });
    expect(store.ids()).toEqual(["Mercury", "Venus"]);
  });
});
