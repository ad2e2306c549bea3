import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifestName } from "@embeddinggemma/internal";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FaissStore } from "../faiss-store.ts";
import { readVerified } from "./durable-file.ts";
import { readManifest } from "./manifest.ts";
import { OpenFiles } from "./open-files.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "open-files-"));
  const store = await FaissStore.create({ dimension: 2, engine: "builtin" });
  const items = Array.from({ length: 20 }, (_, row) => ({ vector: [1, row], record: row }));
  await store.upsert(items, { saveTo: folder });
  await store.delete(store.ids()[3]!, { saveTo: folder });
});
afterAll(() => rm(folder, { recursive: true }));

it("can still be read after a writer has deleted them", async () => {
  const manifest = (await readManifest(folder))!;
  const files = await OpenFiles.of(folder, manifest);
  for (const name of await readdir(folder)) if (name !== manifestName) await rm(join(folder, name));
  const [{ vectors, records }] = manifest.segments as [(typeof manifest.segments)[number]];
  for (const stored of [vectors, records, manifest.deleted!]) {
    let bytes = 0;
    for await (const piece of readVerified(files.get(stored))) bytes += piece.length;
    expect(bytes).toBe(stored.bytes);
  }
  await files.close();
  await expect(OpenFiles.of(folder, manifest)).rejects.toMatchObject({ code: "FILE_MISSING" });
});
