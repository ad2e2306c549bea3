import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";

const fixtures = join(import.meta.dirname, "../../../test/fixtures");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foreign-folders-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function folderWith(files: readonly string[]): Promise<string> {
  const path = await mkdtemp(join(folder, "made-"));
  for (const file of files) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), "{}");
  }
  return path;
}

const notAStore = (message: RegExp) => ({
  code: "NOT_A_STORE",
  message: expect.stringMatching(message),
});

describe("open", () => {
  it.each([
    ["faiss/langchain-js", /@langchain\/community.*FaissStore\.loadFromCommunity.*import\(/],
    ["faiss/langchain-python", /LangChain \(Python\).*FaissStore\.loadFromPython.*import\(/],
    ["faiss/langchain-python-deleted", /loadFromPython.*indexName: "planets".*import\(/],
    ["faiss/llamaindex-python-map", /FaissVectorStore\.loadFromPython.*FaissStore\.import/],
    ["llamaindex-folders/simple-old-name", /FaissVectorStore\.loadFromPython/],
    ["faiss/flat-ip.faiss", /FAISS file, not a folder.*FaissStore\.import\(file\)/],
    ["faiss/hnsw.faiss", /FAISS file, not a folder.*FaissStore\.import\(file\)/],
    ["faiss/expected.json", /is a file, not a folder/],
    ["faiss/saved-stores", /the folder flat in it does.*Pass .*saved-stores\/flat/],
    ["faiss/saved-stores/flat/faiss-store.json", /is a file, not a folder.*folder that/],
    ["nowhere", /^There is no folder .*nowhere". Pass the folder/],
  ])("says what %s is, and which call takes it", async (name, message) => {
    await expect(FaissStore.open(join(fixtures, name))).rejects.toMatchObject(notAStore(message));
  });

  it.each<[files: string[], message: RegExp]>([
    [["doc_store.json", "vector_store.json"], /LlamaIndex\.TS.*in embeddingDict.*again/],
    [["doc_store.json", "faiss_vector_store/faiss-store.json"], /fromPersistDir\(folder\)/],
    [["text__faiss_vector_store/faiss-store.json"], /fromPersistDir\(folder\)/],
    [["hnswlib.index", "docstore.json", "args.json"], /HNSWLib.*again/],
    [["faiss.index"], /has faiss\.index .*but no docstore\.json.*Copy both/],
    [["chroma.sqlite3"], /Chroma.*again/],
    [["planets.lance/data"], /LanceDB.*again/],
    [["config.json", "onnx/model.onnx"], /folder of a model.*Embedder\.load/],
    [["notes.txt"], /no faiss-store\.json.*store\.save\(\)/],
    [[], /is empty/],
  ])("says what a folder with %j is", async (files, message) => {
    const path = await folderWith(files);
    await expect(FaissStore.open(path)).rejects.toMatchObject(notAStore(message));
  });
});

describe("import", () => {
  it.each<[files: string[], message: RegExp]>([
    [["faiss-store.json"], /a store that `save` wrote.*FaissStore\.open/],
    [["vector_store.json"], /LlamaIndex\.TS.*in embeddingDict.*again/],
    [["chroma.sqlite3"], /Chroma/],
    [["config.json", "tokenizer.json"], /folder of a model/],
    [[], /is empty.*Pass a FAISS file/],
  ])("says what a folder with %j is", async (files, message) => {
    const path = await folderWith(files);
    await expect(FaissStore.import(path)).rejects.toMatchObject(notAStore(message));
  });

  it("names the option for an index with another name", async () => {
    const path = join(fixtures, "faiss/langchain-python-deleted");
    const message = /no index\.pkl.*indexName: "planets"/;
    await expect(FaissStore.import(path)).rejects.toMatchObject(notAStore(message));
    const options = { format: "langchain-python" } as const;
    await expect(FaissStore.import(path, options)).rejects.toMatchObject(notAStore(message));
    expect((await FaissStore.import(path, { indexName: "planets" })).size).toBe(4);
  });

  it.each([
    ["langchain-js", "faiss/langchain-python", /LangChain \(Python\).*loadFromPython/],
    ["langchain-python", "faiss/langchain-js", /community.*loadFromCommunity/],
    ["langchain-python", "faiss/llamaindex-python", /LlamaIndex \(Python\).*FaissVectorStore/],
    ["llamaindex-python", "faiss/saved-stores/flat", /`save` wrote.*FaissStore\.open/],
    ["langchain-js", "nowhere", /^There is no file or folder .*nowhere"/],
  ] as const)("of the format %s names what %s is", async (format, name, message) => {
    const importing = FaissStore.import(join(fixtures, name), { format });
    await expect(importing).rejects.toMatchObject(notAStore(message));
  });

  it("still names a file that is missing in a folder of the format", async () => {
    const copy = join(folder, "incomplete");
    await cp(join(fixtures, "faiss/langchain-js"), copy, { recursive: true });
    await rm(join(copy, "docstore.json"));
    await expect(FaissStore.import(copy)).rejects.toMatchObject({
      code: "FILE_MISSING",
      message: expect.stringContaining("docstore.json"),
    });
  });
});
