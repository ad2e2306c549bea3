import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import { TextNode } from "llamaindex";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FaissVectorStore } from "./faiss-vector-store.ts";

class Constant extends BaseEmbedding {
  // biome-ignore lint/complexity/noUselessConstructor: that of the base class is protected
  constructor() {
    super();
  }
  getTextEmbedding = async () => [0, 1];
}

const embedModel = new Constant();
const node = new TextNode({ id_: "mars", text: "Mars is red.", embedding: [0, 1] });

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "llamaindex-folders-"));
  vi.stubEnv("HOME", home);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

it.each<[form: string, name: string, folder: () => string | URL]>([
  ["a path with ~", "a", () => "~/a"],
  ["a file: URL", "b", () => pathToFileURL(join(home, "b")).href],
  ["a URL", "c", () => pathToFileURL(join(home, "c"))],
])("keeps a store in %s", async (_, name, folder) => {
  const store = await FaissVectorStore.fromPersistDir(folder(), { embedModel });
  await store.add([node]);
  expect(existsSync(join(home, name, "faiss_vector_store", "faiss-store.json"))).toBe(true);
  const again = await FaissVectorStore.fromPersistDir(join(home, name), { embedModel });
  expect((await again.client()).ids()).toEqual(["mars"]);
  await again.persist(folder());
});

it("opens an existing store only, if it must exist", async () => {
  const folder = join(home, "must-exist");
  const open = () => FaissVectorStore.fromPersistDir(folder, { embedModel, mustExist: true });
  for (const _ of ["without the folder", "in an empty folder"]) {
    await expect(open()).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(join(folder, "faiss_vector_store")),
      details: { path: join(folder, "faiss_vector_store") },
    });
    await mkdir(folder, { recursive: true });
  }
  const lazy = new FaissVectorStore({ persistDir: folder, embedModel, mustExist: true });
  await expect(lazy.delete("mars")).rejects.toMatchObject({ code: "NOT_A_STORE" });
  expect(() => new FaissVectorStore({ embedModel, mustExist: true })).toThrow("persistDir");
  await (await FaissVectorStore.fromPersistDir(folder, { embedModel })).add([node]);
  expect((await (await open()).client()).ids()).toEqual(["mars"]);
});

it("refuses the URL of a server", async () => {
  const url = new URL("https://example.com/planets");
  const refused = {
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("download it first"),
  };
  const store = new FaissVectorStore({ embedModel });
  await expect(store.persist(url)).rejects.toMatchObject(refused);
  for (const open of [FaissVectorStore.fromPersistDir, FaissVectorStore.loadFromPython])
    await expect(open.call(FaissVectorStore, url, { embedModel })).rejects.toMatchObject(refused);
});

it.each<[arguments_: unknown[], message: RegExp]>([
  [["x", { persistDir: "y" }], /persistDir .* "y" was given. persistDir is given twice/],
  [[undefined], /persistDir must be a path .* undefined was given. To use "storage", pass it/],
  [[undefined, { embedModel }], /persistDir must be a path/],
  [["x", { embedModel, mustExist: "yes" }], /mustExist must be true or false; "yes" was given/],
  [["x", { embedModel, truncation: "error" }], /new EmbeddingGemmaEmbedding\({ truncation }\)/],
])("fromPersistDir(...%j) is refused", async (given, message) => {
  const open = FaissVectorStore.fromPersistDir.bind(FaissVectorStore, ...(given as []));
  await expect(open()).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(message),
  });
});

describe("fromPersistDir names the call for a folder of another kind", () => {
  it.each([
    [["faiss-store.json"], "Open it with FaissStore.open"],
    [["faiss.index", "docstore.json"], "FaissStore.loadFromCommunity"],
    [["index.faiss", "index.pkl"], "FaissStore.loadFromPython"],
    [["docstore.json", "text__vector_store.json"], "FaissVectorStore.loadFromPython"],
  ])("%j", async (files, call) => {
    const folder = await mkdtemp(join(home, "foreign-"));
    for (const file of files) await writeFile(join(folder, file), "{}");
    await expect(FaissVectorStore.fromPersistDir(folder, { embedModel })).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(call),
    });
  });
});

it.each([
  [undefined, ""],
  ["image", ', { namespace: "image" }'],
])(
  "fromPersistDir names the folder above that of a store, with the namespace %j",
  async (namespace, params) => {
    const storage = await mkdtemp(join(home, "deep-"));
    const options = { embedModel, ...(namespace && { namespace }) };
    await (await FaissVectorStore.fromPersistDir(storage, options)).add([node]);
    const [name] = await readdir(storage);
    await expect(
      FaissVectorStore.fromPersistDir(join(storage, name!), { embedModel }),
    ).rejects.toMatchObject({
      code: "NOT_A_STORE",
      message: expect.stringContaining(
        `above it? FaissVectorStore.fromPersistDir(${JSON.stringify(storage)}${params})`,
      ),
    });
  },
);

describe("persist does not replace a store that it was not opened from", () => {
  const before = process.cwd();
  let storage: string;
  beforeAll(async () => {
    const folder = await mkdtemp(join(home, "default-"));
    process.chdir(folder);
    storage = join(process.cwd(), "storage");
    await (await FaissVectorStore.fromPersistDir(storage, { embedModel })).add([node]);
  });
  afterAll(() => process.chdir(before));

  const idsIn = async (folder: string) =>
    (await (await FaissVectorStore.fromPersistDir(folder, { embedModel })).client()).ids();
  const refused = (reason = "another store is there") => ({
    code: "STORE_CHANGED",
    message:
      `The store was not saved to ${join(storage, "faiss_vector_store")}: ${reason}. ` +
      `To add to that one, open it: FaissVectorStore.fromPersistDir("${storage}"). To ` +
      `keep both, pass another folder. To replace it: persist("${storage}", { overwrite: true }).`,
  });

  it("names its own folder where an undefined one is refused", async () => {
    const own = join(home, "own");
    const store = await FaissVectorStore.fromPersistDir(own, { embedModel });
    await expect(store.persist(process.env.NO_SUCH_VARIABLE)).rejects.toThrow(
      `To use ${JSON.stringify(own)}, pass it.`,
    );
  });

  it("in the default folder", async () => {
    const venus = new TextNode({ id_: "venus", text: "Venus is hot.", embedding: [1, 0] });
    const store = new FaissVectorStore({ embedModel });
    await store.add([venus]);
    await expect(store.persist()).rejects.toMatchObject(refused());
    expect(await idsIn(storage)).toEqual(["mars"]);
    for (const given of [[undefined], [undefined, { overwrite: true }]] as [undefined][])
      await expect(store.persist(...given)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/undefined was given\. To use "\.?\/?storage", pass it\.$/),
      });
    expect(await idsIn(storage)).toEqual(["mars"]);
    await store.persist("storage", { overwrite: true });
    await store.delete("venus");
    await store.add([node]);
    await store.persist(); // it has saved there
    expect(await idsIn(storage)).toContain("mars");
  });

  it("by an empty store, in any folder", async () => {
    const store = new FaissVectorStore({ embedModel, dimension: 2 });
    const nodes = (await idsIn(storage)).length;
    const reason = `it has 0 nodes, and the store there has ${nodes} node${nodes > 1 ? "s" : ""}`;
    for (const given of [[], [storage]])
      await expect(store.persist(...given)).rejects.toMatchObject(refused(reason));
    expect(await idsIn(storage)).toContain("mars");
    await store.persist(storage, { overwrite: true });
    expect(await idsIn(storage)).toEqual([]);
  });

  it("names the namespace", async () => {
    const params = { embedModel, dimension: 2, namespace: "image" };
    await (await FaissVectorStore.fromPersistDir(storage, params)).add([node]);
    const store = new FaissVectorStore(params);
    await expect(store.persist()).rejects.toMatchObject({
      code: "STORE_CHANGED",
      message: expect.stringContaining(`fromPersistDir("${storage}", { namespace: "image" })`),
    });
  });
});
