import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaissStore } from "./faiss-store.ts";

const mars = () => new Document({ id: "mars", pageContent: "Mars is red." });
const venus = () => new Document({ id: "venus", pageContent: "Venus is hot." });
const saturn = () => new Document({ id: "saturn", pageContent: "Saturn has rings." });

describe("FaissStore: changes that are saved", () => {
  const embeddings = new FakeEmbeddings();
  let parent: string;
  let folder: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), "langchain-saved-changes-"));
  });
  afterAll(() => rm(parent, { recursive: true }));
  beforeEach(async () => {
    folder = join(await mkdtemp(join(parent, "run-")), "store");
    await new FaissStore(embeddings).addDocuments([mars()], { saveTo: folder });
  });

  const load = () => FaissStore.load(folder, embeddings);
  const ids = async (store: FaissStore) => (await store.client()).ids();
  const found = async (store: FaissStore) =>
    (await store.similaritySearch("", 9)).map(({ id }) => id);

  it("write nothing for a new store without documents", async () => {
    const other = join(parent, "none");
    const store = new FaissStore(embeddings);
    expect(await store.addDocuments([], { saveTo: other })).toEqual([]);
    await store.delete({ ids: ["mars"], saveTo: other });
    await expect(FaissStore.load(other, embeddings)).rejects.toMatchObject({
      code: "NOT_A_STORE",
    });
  });

  const changes: [string, (store: FaissStore) => Promise<unknown>, string[]][] = [
    [
      "addDocuments",
      (store) => store.addDocuments([venus()], { saveTo: folder }),
      ["mars", "saturn", "venus"],
    ],
    [
      "addVectors",
      (store) => store.addVectors([[0.1, 0.2, 0.3, 0.5]], [venus()], { saveTo: folder }),
      ["mars", "saturn", "venus"],
    ],
    ["delete by ids", (store) => store.delete({ ids: ["mars"], saveTo: folder }), ["saturn"]],
    [
      "delete by a filter",
      (store) => store.delete({ filter: ({ id }) => id === "mars", saveTo: folder }),
      ["saturn"],
    ],
  ];

  it.each(changes)("%s changes nothing if another writer has saved", async (_, change, after) => {
    const store = await load();
    await (await load()).addDocuments([saturn()], { saveTo: folder });

    await expect(change(store)).rejects.toMatchObject({ code: "STORE_CHANGED" });
    expect(await found(store)).toEqual(["mars"]);
    expect(await ids(await load())).toEqual(["mars", "saturn"]);

    const again = await load();
    await change(again);
    expect(await ids(again)).toEqual(after);
    expect(await ids(await load())).toEqual(after);
  });

  it.each([{ overwrite: false, lockTimeout: 1_000 }, {}])(
    "does not replace what the store does not know, with %j",
    async (saveOptions) => {
      const options = { saveTo: folder, ...saveOptions };
      const store = new FaissStore(embeddings);
      await expect(store.addDocuments([venus()], options)).rejects.toMatchObject({
        code: "STORE_CHANGED",
      });
      expect(await ids(store)).toEqual([]);
      expect(await ids(await load())).toEqual(["mars"]);
    },
  );

  it("replaces what another writer has saved with overwrite: true", async () => {
    const store = await load();
    await (await load()).addDocuments([saturn()], { saveTo: folder });
    await store.delete({ ids: ["mars"], saveTo: folder, overwrite: true });
    expect(await ids(await load())).toEqual([]);
  });

  it("saves earlier changes, too, even if there is nothing to add", async () => {
    const store = await load();
    await store.addDocuments([venus()]);
    expect(await store.addDocuments([], { saveTo: folder })).toEqual([]);
    expect(await ids(await load())).toEqual(["mars", "venus"]);
  });

  it("makes changes and saves in the order of the calls", async () => {
    const store = await load();
    const calls = [
      store.addDocuments([venus()], { saveTo: folder }),
      store.delete({ ids: ["mars", "venus"], saveTo: folder }),
      store.addDocuments([saturn()], { saveTo: folder }),
      store.addVectors([[0.1, 0.2, 0.3, 0.5]], [mars()], { saveTo: folder }),
    ];
    await Promise.all(calls);
    expect(await ids(store)).toEqual(["saturn", "mars"]);
    expect(await ids(await load())).toEqual(["saturn", "mars"]);
  });

  it("a save that fails does not hold up later changes", async () => {
    const store = await load();
    await (await load()).addDocuments([saturn()], { saveTo: folder });
    const failing = store.addDocuments([venus()], { saveTo: folder });
    const removed = store.delete({ ids: ["mars"] });
    await expect(failing).rejects.toMatchObject({ code: "STORE_CHANGED" });
    await removed;
    expect(await ids(store)).toEqual([]);
  });

  const mistakes: [object, string][] = [
    [{ saveTo: 7 }, "saveTo must be a path or a `file:` URL; 7 was given."],
    [{ overwrite: true }, "saveTo must be the path of a folder to save to; undefined was given."],
    [{ saveto: "planets" }, "There is no option `saveto`. Did you mean `saveTo`?"],
  ];
  it.each(mistakes)("refuses %j before anything is embedded", async (options, message) => {
    class NoEmbeddings extends FakeEmbeddings {
      override embedDocuments(): Promise<number[][]> {
        throw new Error("embedded");
      }
    }
    const store = new FaissStore(new NoEmbeddings());
    const refusal = { code: "INVALID_ARGUMENT", message };
    await expect(store.addDocuments([mars()], options)).rejects.toMatchObject(refusal);
    await expect(store.addVectors([[1, 0]], [mars()], options)).rejects.toMatchObject(refusal);
    await expect(store.delete({ ids: ["mars"], ...options })).rejects.toMatchObject(refusal);
  });
});
