import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import { expect, it } from "vitest";
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
    settings,
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

async function openWriter(): Promise<StoreWriter> {
  const saved = await readSavedState(folder, folder);
  return new StoreWriter(folder, saved.store!, settings, { ...saved, isSaved: true });
}

function chunkOf(source: string, number: number): Chunk {
  const id = `${source}#${String(number).padStart(16, "0")}`;
  return { id, record: { pageContent: `Text ${number}.`, metadata: { source } } };
}

function fileOf(source: string, chunks: readonly Chunk[]): ChunkedFile {
  return { source, path: source, bytes: 1, digest: "", isNamed: false, chunks };
}
