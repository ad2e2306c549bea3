import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { whyNotStore } from "./store-folder.ts";

const root = await mkdtemp(join(tmpdir(), "store-folder-"));

afterAll(() => rm(root, { recursive: true }));

it.each([
  { files: [], fits: true },
  { files: ["lost+found"], fits: true },
  { files: ["faiss-store.lock", "vectors-1-149a9561.faiss"], fits: true },
  { files: ["faiss-store.json", "README.md"], fits: true },
  { files: [".DS_Store"], fits: true },
  { files: ["bread.md"], fits: false },
  { files: ["vectors.md"], fits: false },
])("a folder with $files can be a store: $fits", async ({ files, fits }) => {
  const folder = await mkdtemp(join(root, "folder-"));
  for (const file of files) await writeFile(join(folder, file), "");
  expect((await whyNotStore("my notes/", folder)) === undefined).toBe(fits);
});

it("says which folder would do", async () => {
  const folder = join(root, "notes");
  expect(await whyNotStore("notes", folder)).toBeUndefined();
  await mkdir(folder);
  await writeFile(join(folder, "bread.md"), "");
  expect(await whyNotStore("my notes/", folder)).toBe(
    "my notes/ has files that are not of a store, such as bread.md. A store has a folder of its " +
      'own: --store "my notes.store"',
  );
  expect(await whyNotStore(".", folder)).toMatch(/: --store \.store$/);
});
