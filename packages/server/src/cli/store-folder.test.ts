import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { CannotRun } from "./cannot-run.ts";
import { checkStoreFolder } from "./store-folder.ts";

const root = await mkdtemp(join(tmpdir(), "server-store-"));

afterAll(() => rm(root, { recursive: true }));

async function folderWith(...files: string[]): Promise<string> {
  const folder = await mkdtemp(join(root, "folder-"));
  for (const file of files) await writeFile(join(folder, file), "");
  return folder;
}

const check = (store: string | undefined, readOnly = false) =>
  checkStoreFolder({ store, readOnly });

it("takes a store, and a folder where one can be made", async () => {
  expect(await check(undefined)).toBeUndefined();
  for (const folder of [await folderWith(), join(root, "new/store")])
    expect(await check(folder)).toMatchObject({ folder, isReadOnly: false });
  const folder = await folderWith("faiss-store.json");
  expect(await check(folder)).toEqual({ folder, isReadOnly: false });
  expect(await check(folder, true)).toEqual({ folder, isReadOnly: true });
});

it("warns of a new store, and names one that was perhaps meant", async () => {
  const notes = join(await folderWith(), "notes.store");
  await mkdir(notes);
  const { warning } = (await check(notes))!;
  expect(warning).toBe(`There is no store in ${notes} yet, so it is new and empty.`);
  await writeFile(join(notes, "faiss-store.json"), "");
  const misspelt = await check(join(notes, "../note.store"));
  expect(misspelt?.warning).toMatch(/note\.store yet, .* Did you mean notes\.store\?$/);
});

it("lets no client change a store of `embeddinggemma index`", async () => {
  const folder = await folderWith("faiss-store.json", "embeddinggemma.json");
  const note = expect.stringContaining(`${folder} is read-only`);
  expect(await check(folder)).toEqual({ folder, isReadOnly: true, note });
  expect(await check(folder, true)).toEqual({ folder, isReadOnly: true });
});

it.each([
  { store: await folderWith("bread.md"), reason: /has files that are not of a store, .*bread\.md/ },
  { store: await folderWith("index-2024-notes.md"), reason: /such as index-2024-notes\.md\./ },
  {
    store: await folderWith("embeddinggemma.json", "vectors-1-0123abcd.faiss"),
    reason:
      /is a damaged store: faiss-store\.json is missing\. Restore it, or delete the folder\.$/,
  },
  { store: import.meta.filename, reason: /test\.ts is a file; --store takes a folder\.$/ },
  { store: await folderWith(), readOnly: true, reason: /^There is no store in / },
  { store: join(import.meta.filename, "new"), reason: /new cannot be written: ENOTDIR/ },
  { store: "https://a.b/c", reason: /^--store takes a folder, not https:/ },
])("refuses $store with --read-only $readOnly", async ({ store, readOnly, reason }) => {
  const failure = await check(store, readOnly).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CannotRun);
  expect((failure as CannotRun).message).toMatch(reason);
});
