import { cp, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fieldsOf, textOf } from "./foreign-documents.ts";
import { OpenStore } from "./open-store.ts";

const embedding = { dimension: 2, identity: "model" };
const manifest = "faiss-store.json";

let root: string;
let writer: FaissStore;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  root = await mkdtemp(join(tmpdir(), "server-open-store-"));
  writer = await FaissStore.create(embedding);
});

afterEach(async () => {
  vi.useRealTimers();
  await writer.close();
  await rm(root, { recursive: true });
});

const at = (...names: string[]) => join(root, ...names);

async function save(id: string): Promise<void> {
  await writer.upsert([{ id, vector: [0, 1], record: {} }], { saveTo: at("store") });
}

/** Opens a folder to read. `seen` are the calls of `onReopen`. */
async function openReader(folder: string) {
  const seen: unknown[] = [];
  const onReopen = (failure?: unknown) => void seen.push(failure);
  const reader = await OpenStore.of(folder, embedding, { readOnly: true, onReopen });
  const refreshLater = () => {
    vi.advanceTimersByTime(1_000);
    return reader.refresh();
  };
  return { reader, seen, refreshLater };
}

it("opens a store again whose manifest was copied before its data", async () => {
  await save("a");
  await cp(at("store"), at("copy"), { recursive: true });
  const { reader, seen, refreshLater } = await openReader(at("copy"));
  await save("b");
  await cp(join(at("store"), manifest), join(at("copy"), manifest));
  await refreshLater();
  await refreshLater();
  expect(seen).toEqual([expect.objectContaining({ code: "FILE_MISSING" })]);
  expect(reader.current.size).toBe(1);

  for (const file of await readdir(at("store")))
    if (file !== manifest) await cp(join(at("store"), file), join(at("copy"), file));
  await refreshLater();
  await refreshLater();
  expect(seen.slice(1)).toEqual([undefined]);
  expect(reader.current.size).toBe(2);
  await reader.close();
});

it("looks at the folder once a second", async () => {
  await save("a");
  const { reader, seen, refreshLater } = await openReader(at("store"));
  await refreshLater();
  await save("b");
  await reader.refresh();
  expect(seen).toEqual([]);
  await refreshLater();
  expect(seen).toEqual([undefined]);
  await reader.close();
});

it.each([
  ["LangChain.js", { pageContent: "Mars is red.", metadata: { page: 3 } }, "Mars is red."],
  [
    "LlamaIndex.TS",
    { refDocId: "a", node: { text: "Mars is red.", metadata: { page: 3 } } },
    "Mars is red.",
  ],
  ["unknown", { body: "Mars is red." }, ""],
  ["unknown", null, ""],
  [undefined, { id: "a", text: "Mars is red.", page: 3 }, "Mars is red."],
])("does not change documents of %s", async (foreign, record, text) => {
  await writer.upsert([{ id: "a", vector: [0, 1], record }], { saveTo: at("store") });
  const store = await OpenStore.of(at("store"), embedding, {});
  expect([store.foreignOwner, store.isReadOnly]).toEqual([foreign, foreign !== undefined]);
  expect(textOf(store.current.get("a")!.record)).toBe(text);
  expect(fieldsOf(store.current.get("a")!.record)).toEqual(text === "" ? {} : { page: 3 });
  await store.close();
});

it("does not change a store that `embeddinggemma index` keeps", async () => {
  await save("a");
  await writeFile(join(at("store"), "embeddinggemma.json"), "{}");
  const store = await OpenStore.of(at("store"), embedding, {});
  expect(store.isReadOnly).toBe(true);
  expect(store.foreignOwner).toBe("embeddinggemma index");
  await store.close();
});

it("does not add documents to those that another program has saved meanwhile", async () => {
  const store = await OpenStore.of(at("store"), embedding, {});
  const record = { pageContent: "Mars is red.", metadata: {} };
  await writer.upsert([{ id: "a", vector: [0, 1], record }], { saveTo: at("store") });
  const adding = store.change((current, saving) =>
    current.upsert([{ id: "b", vector: [1, 0], record: { text: "Venus" } }], saving),
  );
  await expect(adding).rejects.toMatchObject({
    code: "READ_ONLY",
    message: expect.stringContaining("read-only now. Its documents are those of LangChain.js."),
  });
  expect(store.current.ids()).toEqual(["a"]);
  await store.close();
});

it("says that the store was removed, and goes on when it is back", async () => {
  await save("a");
  const store = await OpenStore.of(at("store"), embedding, {});
  const add = () =>
    store.change((current, saving) =>
      current.upsert([{ id: "b", vector: [1, 0], record: { text: "Venus" } }], saving),
    );
  await rename(at("store"), at("away"));
  await expect(add()).rejects.toMatchObject({ code: "STORE_REMOVED" });
  expect(await readdir(root)).toEqual(["away"]);
  await rename(at("away"), at("store"));
  await rename(at("store", manifest), at("away"));
  await expect(add()).rejects.toMatchObject({ code: "STORE_REMOVED" });
  await expect(store.replacement().then((empty) => store.replace(empty))).rejects.toMatchObject({
    code: "STORE_REMOVED",
  });
  await rename(at("away"), at("store", manifest));
  await rename(at("store"), at("away"));
  const longer = await FaissStore.create();
  await longer.upsert([{ vector: [1, 0, 0], record: { text: "Mars" } }]);
  await longer.save(at("store"));
  await expect(add()).rejects.toMatchObject({ code: "STORE_REPLACED" });
  await rm(at("store"), { recursive: true });
  await rename(at("away"), at("store"));
  await add();
  expect(store.current.ids()).toEqual(["a", "b"]);
  await store.close();
});

it("is closed for good, also while it opens a store again", async () => {
  await save("a");
  const { reader, seen, refreshLater } = await openReader(at("store"));
  await save("b");
  const refreshing = refreshLater();
  await reader.close();
  await refreshing;
  await expect(reader.current.search([0, 1])).rejects.toMatchObject({ code: "CLOSED" });
  await save("c");
  await refreshLater();
  expect(seen).toEqual([undefined]);
});
