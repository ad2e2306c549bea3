import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Embedder } from "@embeddinggemma/core";
import { FaissStore, type FaissStoreOptions } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";
import * as typescript from "typescript";
import { beforeAll, describe, expect, it } from "vitest";

const k = 10;
let documents: Float32Array[];
let queries: Float32Array[];
let best: Set<string>[];

/**
 * The texts come with TypeScript, whose version is fixed: its error messages are the documents, and
 * the queries are sentences about JavaScript's built-in objects. So the queries are on another
 * subject than most documents, which is harder for an approximate index.
 */
beforeAll(async () => {
  const messages = (typescript as unknown as { Diagnostics: Record<string, { message: string }> })
    .Diagnostics;
  const texts = Object.values(messages).map(({ message }) => message);
  expect(texts.length).toBeGreaterThan(2000);
  const library = createRequire(import.meta.url).resolve("typescript/lib/lib.es5.d.ts");
  const comments = (await readFile(library, "utf8")).matchAll(/^\s*\* ([A-Z][^@.]{30,}\.)\s*$/gm);
  const questions = [...new Set(Array.from(comments, ([, sentence]) => sentence!))].slice(0, 150);
  expect(questions).toHaveLength(150);

  const embedder = await Embedder.load(modelPath);
  documents = await embedder.encodeDocument(texts);
  queries = await embedder.encodeQuery(questions);
  await embedder.dispose();
  best = (await found({ engine: "builtin" })).map((ids) => new Set(ids));
}, 120_000);

async function found(options: FaissStoreOptions): Promise<string[][]> {
  const store = await FaissStore.create<null>(options);
  await store.upsert(documents.map((vector, row) => ({ id: `${row}`, vector, record: null })));
  const hits = await store.search(queries, { k });
  await store.close();
  return hits.map((ofQuery) => ofQuery.map(({ id }) => id));
}

async function recall(options: FaissStoreOptions): Promise<number> {
  const ids = await found({ engine: "faiss", scanBelow: 0, ...options });
  const right = ids.map((ofQuery, query) => ofQuery.filter((id) => best[query]!.has(id)).length);
  return right.reduce((sum, count) => sum + count, 0) / (k * queries.length);
}

describe("real texts, searched with FAISS", () => {
  it.each([
    ["IVF16,Flat", 128],
    ["IVF32,Flat", 128],
    ["IVF48,Flat", 128],
    ["IVF48,Flat", 768],
    ["HNSW8,Flat", 128],
    ["HNSW16,Flat", 128],
    ["HNSW32,Flat", 128],
  ])("by default, %s finds 95 of 100 of the best: searchDimension %i", async (index, dimension) => {
    const options = { index, searchDimension: dimension };
    expect(await recall(options)).toBeGreaterThanOrEqual(0.95);
  });

  it("visiting fewer cells, or tracking fewer candidates in a graph, finds less", async () => {
    const cells = { index: "IVF48,Flat", searchDimension: 128 };
    expect(await recall({ ...cells, nprobe: 8 })).toBeLessThan(0.9);
    const graph = { index: "HNSW4,Flat", searchDimension: 128, oversample: 1 };
    expect(await recall({ ...graph, efSearch: 1 })).toBeLessThan(await recall(graph));
  });
});
