import { copyFileSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
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
  for (const index of opened.splice(0)) await index.close();
  await rm(folder, { recursive: true });
});

async function open(options: DocumentIndexOptions = {}): Promise<DocumentIndex> {
  const index = await DocumentIndex.open(folder, await tinyEmbedder(), options);
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

it("says to run one writer if the store changes again and again", async () => {
  const other = await open();
  await upsert(other, "Mars is a planet.");
  const manifest = join(folder, "faiss-store.json");
  const older = join(folder, "older");
  await copyFile(manifest, older);
  // Another program that saves at once.
  const index = await open({ onReopen: () => copyFileSync(older, manifest) });
  await upsert(other, "Venus is a planet.");
  const app = createApp(await tinyEmbedder(), { index });
  index.add([{ text: "Saturn is a planet." }]);
  const refused = await app.request("/upsert");
  expect(refused.status).toBe(409);
  const { detail } = await refused.json();
  expect(detail).toMatch(/not saved\. Run one server .* --store, .* with --read-only\.$/);
  expect(index.pending).toBe(1);
});
