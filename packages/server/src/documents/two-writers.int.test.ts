import { cpSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FaissStore } from "@embeddinggemma/faiss";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApp } from "../app.ts";
import { tinyEmbedder } from "../testing/tiny.ts";
import { DocumentIndex } from "./document-index.ts";
import type { DocumentIndexOptions } from "./document-index-options.ts";

let folder: string;
const opened: DocumentIndex[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "server-writers-"));
});

afterEach(async () => {
  vi.useRealTimers();
  for (const index of opened.splice(0)) await index.close();
  await rm(folder, { recursive: true });
});

async function open(options: DocumentIndexOptions = {}, at = folder): Promise<DocumentIndex> {
  const index = await DocumentIndex.open(at, await tinyEmbedder(), options);
  opened.push(index);
  return index;
}

async function upsert(index: DocumentIndex, ...texts: string[]): Promise<void> {
  index.add(texts.map((text) => ({ text })));
  await index.upsert();
}

/** The texts that are saved, by id. */
async function saved(): Promise<Record<string, string>> {
  const index = await open({ readOnly: true });
  const [hits] = await index.search(["planet"], 10);
  return Object.fromEntries(hits!.map(({ id, text }) => [id, text]));
}

async function savedIds(at = folder): Promise<string[]> {
  const store = await FaissStore.open(at);
  const ids = store.ids();
  await store.close();
  return ids;
}

async function manifest(): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, "faiss-store.json"), "utf8"));
}

it("keeps the documents of both, also of a new store", async () => {
  const [first, second] = [await open(), await open()];
  await upsert(first, "Mars is a planet.");
  await upsert(second, "Venus is a planet.");
  await upsert(first, "Saturn is a planet.", "Pluto was a planet.");
  expect(await second.delete([0])).toEqual([0]);
  expect(await saved()).toEqual({
    1: "Venus is a planet.",
    2: "Saturn is a planet.",
    3: "Pluto was a planet.",
  });
});

it("index replaces no documents that were not seen", async () => {
  const [first, second] = [await open(), await open()];
  await upsert(first, "Mars is a planet.");
  const app = createApp(await tinyEmbedder(), { index: second });
  second.add([{ id: "v", text: "Venus is a planet." }]);
  const refused = await app.request("/index");
  expect(refused.status).toBe(409);
  const { detail } = await refused.json();
  expect(detail).toMatch(/^Another program has saved .* --store, .* with --read-only\.$/);
  expect(await saved()).toEqual({ 0: "Mars is a planet." });
  expect([second.size, second.pending]).toEqual([1, 1]);

  expect((await app.request("/index")).status).toBe(200);
  expect(await saved()).toEqual({ v: "Venus is a planet." });
});

it("index and upsert at the same moment lose no documents", async () => {
  for (let round = 0; round < 30; round++) {
    const at = join(folder, String(round));
    const first = await open({}, at);
    await upsert(first, "Mars is a planet.");
    const second = await open({}, at);
    first.add([{ id: "first", text: "Venus is a planet." }]);
    second.add([{ id: "second", text: "Saturn is a planet." }]);
    const [indexed] = await Promise.allSettled([
      first.index(),
      sleep(round % 12).then(() => second.upsert()),
    ]);
    const isReplaced = indexed.status === "fulfilled";
    expect(await savedIds(at)).toEqual([isReplaced ? "first" : "0", "second"]);
  }
});

it("index replaces the documents of others after it was refused once", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const [first, second] = [await open(), await open()];
  await upsert(first, "Mars is a planet.");
  vi.advanceTimersByTime(1_000);
  await second.search(["planet"], 1);
  second.add([{ id: "v", text: "Venus is a planet." }]);
  await expect(second.index()).rejects.toMatchObject({ code: "OTHER_WRITER" });
  await second.index();
  expect(await savedIds()).toEqual(["v"]);
});

it("index is refused once for several saves of others", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const [first, second] = [await open(), await open()];
  await upsert(first, "Mars is a planet.");
  vi.advanceTimersByTime(1_000);
  await second.refresh();
  await upsert(first, "Saturn is a planet.");
  second.add([{ id: "v", text: "Venus is a planet." }]);
  await expect(second.index()).rejects.toMatchObject({ code: "OTHER_WRITER" });
  expect(second.size).toBe(2);
  await second.index();
  expect(await savedIds()).toEqual(["v"]);
});

it("index makes a new store with one save", async () => {
  const index = await open();
  index.add([{ text: "Mars is a planet." }]);
  await index.index();
  expect(await manifest()).toMatchObject({ generation: 1, size: 1 });
});

it("deletes documents that another program has added", async () => {
  const [first, second] = [await open(), await open()];
  expect(await second.delete(["0"])).toEqual([]);
  expect(await FaissStore.exists(folder)).toBe(false);
  await upsert(first, "Mars is a planet.", "Venus is a planet.");
  expect(await second.delete(["0"])).toEqual(["0"]);
  await upsert(first, "Saturn is a planet.");
  expect(await second.delete(["2", "1", "3"])).toEqual(["2", "1"]);
  expect(await savedIds()).toEqual([]);
});

it("finds and counts documents that another program has saved", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const reopened = vi.fn();
  const [first, second] = [await open(), await open({ onReopen: reopened })];
  await upsert(second, "Mars is a planet.");
  vi.advanceTimersByTime(1_000);
  expect(await second.search(["planet"], 10)).toMatchObject([[{ id: 0 }]]);
  expect(reopened).not.toHaveBeenCalled();

  await upsert(first, "Venus is a planet.");
  vi.advanceTimersByTime(1_000);
  expect((await second.search(["planet"], 10))[0]).toHaveLength(2);
  expect(reopened).toHaveBeenCalledOnce();

  await first.delete([0]);
  vi.advanceTimersByTime(1_000);
  await second.refresh();
  expect(second.size).toBe(1);
});

it("index keeps the settings of the folder, except those that are given", async () => {
  const { dimension, identity } = await tinyEmbedder();
  const settings = { index: "SQ8", oversample: 3 };
  const store = await FaissStore.create({ ...settings, dimension, identity });
  await store.save(folder);
  const reindex = async (options?: DocumentIndexOptions) => {
    const index = await open(options);
    index.add([{ text: "Mars is a planet." }]);
    await index.index();
    return manifest();
  };
  expect(await reindex()).toMatchObject(settings);
  expect(await reindex({ store: { index: "Flat" } })).toMatchObject({ ...settings, index: "Flat" });
});

it("opens the store of a folder with the engine that is given", async () => {
  await upsert(await open(), "Mars is a planet.");
  const opening = open({ store: { engine: "faiss", faissNode: "not-installed" } });
  await expect(opening).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
});

it("says to run one writer if the store changes again and again", async () => {
  const at = join(folder, "store");
  const other = await open({}, at);
  const copies = ["with one", "with two"].map((name) => join(folder, name));
  await upsert(other, "Mars is a planet.");
  cpSync(at, copies[0]!, { recursive: true });
  // Another program that saves at once.
  const onReopen = () => cpSync(copies.reverse()[1]!, at, { recursive: true });
  const index = await open({ onReopen }, at);
  await upsert(other, "Venus is a planet.");
  cpSync(at, copies[1]!, { recursive: true });
  const app = createApp(await tinyEmbedder(), { index });
  index.add([{ text: "Saturn is a planet." }]);
  const refused = await app.request("/upsert");
  expect(refused.status).toBe(409);
  const { detail } = await refused.json();
  expect(detail).toMatch(/nothing was changed\. Send the request again\. .* with --read-only\.$/);
  expect(index.pending).toBe(1);
});
