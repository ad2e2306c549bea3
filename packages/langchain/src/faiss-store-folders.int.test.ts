import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FaissStore } from "./faiss-store.ts";

const embeddings = new FakeEmbeddings();
const mars = new Document({ id: "mars", pageContent: "Mars is red." });

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "langchain-folders-"));
  vi.stubEnv("HOME", home);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

it.each<[form: string, folder: () => string | URL]>([
  ["a path with ~", () => "~/a"],
  ["a file: URL", () => pathToFileURL(join(home, "b")).href],
  ["a URL", () => pathToFileURL(join(home, "c"))],
])("saves to, finds and loads %s", async (_, folder) => {
  const store = await FaissStore.fromDocuments([mars], embeddings);
  expect(await FaissStore.exists(folder())).toBe(false);
  await store.save(folder());
  expect(await FaissStore.exists(folder())).toBe(true);
  const loaded = await FaissStore.load(folder(), embeddings);
  expect(await loaded.getByIds(["mars"])).toMatchObject([{ pageContent: "Mars is red." }]);
});

it("refuses the URL of a server", async () => {
  const url = new URL("https://example.com/planets");
  for (const call of [
    () => FaissStore.load(url, embeddings),
    () => FaissStore.exists(url),
    () => FaissStore.loadFromPython(url, embeddings),
    () => new FaissStore(embeddings, { dimension: 4 }).save(url),
  ])
    await expect(call()).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("download it first"),
    });
});

describe("load names the call for a folder of another kind", () => {
  it.each([
    [["faiss.index", "docstore.json"], "FaissStore.loadFromCommunity(folder, embeddings)"],
    [["planets.faiss", "planets.pkl"], '(folder, embeddings, { indexName: "planets" })'],
    [["docstore.json", "default__vector_store.json"], "FaissVectorStore.loadFromPython(folder)"],
    [["config.json", "tokenizer.json"], "Embedder.load"],
  ])("%j", async (files, call) => {
    const folder = await mkdtemp(join(home, "foreign-"));
    for (const file of files) await writeFile(join(folder, file), "{}");
    await expect(FaissStore.load(folder, embeddings)).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(call),
    });
  });
});
