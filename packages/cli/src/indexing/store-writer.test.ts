import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { expect, it } from "vitest";
import type { StoreSettings } from "../store/store-settings.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import type { Chunk, ChunkedFile } from "./chunk-file.ts";
import { readSavedState } from "./saved-state.ts";
import { StoreWriter } from "./store-writer.ts";

const folder = join(await temporaryFolder(), "my.store");
const settings = { model: {}, chunks: { tokens: 256, overlap: 32 }, folder, root: ".." };
const vector = new Float32Array([1, 0]);

it("goes on with a file that another run has removed, which the next run reads again", async () => {
  const [one, two] = [chunkOf("mars.md", 1), chunkOf("mars.md", 2)];
  const first = new StoreWriter(
    folder,
    await FaissStore.create<DocumentRecord>({ dimension: 2, identity: { model: "a" } }),
    keep,
    { files: new Map(), idsOf: new Map(), isSaved: false },
  );
  await first.add([one], [vector]);
  await first.finish(fileOf("mars.md", [one]));
  await first.save();

  // The file has grown. Its first chunk needs no vector, as long as nobody removes it.
  const writer = await openWriter();
  const former = writer.store;
  expect(writer.has(one)).toBe(true);
  const other = await openWriter();
  await other.remove("mars.md");
  await other.save();
  await writer.add([two], [vector]);
  await writer.save();
  await writer.finish(fileOf("mars.md", [one, two]));
  await writer.save();
  expect(() => former.get(one.id)).toThrow("closed");

  const { store, idsOf, files } = await readSavedState(folder, folder);
  expect([...store!.ids()]).toEqual([two.id]);
  expect(idsOf.get("mars.md")).toEqual(new Set([two.id]));
  expect(files.has("mars.md")).toBe(false);
});

it("keeps the model and the chunks that another run has just remembered", async () => {
  const [mars, venus] = [chunkOf("mars.md", 1), chunkOf("venus.md", 1)];
  const writer = await openWriter();
  const chosen = { ...settings, model: { model: "other" }, chunks: { tokens: 99, overlap: 9 } };
  const other = await openWriter(() => chosen);
  await other.add([venus], [vector]);
  await other.finish(fileOf("venus.md", [venus]));
  await other.save();
  await writer.add([mars], [vector]);
  await writer.finish(fileOf("mars.md", [mars]));
  await writer.save();
  const { settings: saved } = await readSavedState(folder, folder);
  expect(saved).toMatchObject({ model: chosen.model, chunks: chosen.chunks });
  expect(writer.model).toEqual(chosen.model);
});

async function openWriter(settingsFor = keep): Promise<StoreWriter> {
  const saved = await readSavedState(folder, folder);
  const start = { ...saved, isSaved: true };
  return new StoreWriter(folder, saved.store!, settingsFor, start);
}

function keep(saved: StoreSettings | undefined) {
  return {
    ...settings,
    model: saved?.model ?? settings.model,
    chunks: saved?.chunks ?? settings.chunks,
  };
}

function chunkOf(source: string, number: number): Chunk {
  const id = `${source}#${String(number).padStart(16, "0")}`;
  return { id, record: { pageContent: `Text ${number}.`, metadata: { source } } };
}

function fileOf(source: string, chunks: readonly Chunk[]): ChunkedFile {
  return { source, path: source, bytes: 1, digest: "", isNamed: false, chunks, fault: undefined };
}
