import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ownStoreFolder, quoted, storeFolder } from "./store-folder.ts";

const root = await mkdtemp(join(tmpdir(), "store-folder-"));

afterAll(() => rm(root, { recursive: true }));

it.each([
  { files: [], kind: "free" },
  { files: ["lost+found"], kind: "free" },
  { files: [".DS_Store"], kind: "free" },
  { files: ["faiss-store.lock", "vectors-1-149a9561.faiss"], kind: "free" },
  { files: ["records-1-149a9561.jsonl", "faiss-store.json.1-149a9561"], kind: "free" },
  { files: ["faiss-store.json", "README.md"], kind: "store" },
  { files: ["vectors-1-149a9561.faiss", "records-1-149a9561.jsonl"], kind: "damaged" },
  { files: ["vectors-2-149a9561.faiss", "records-1-149a9561.jsonl"], kind: "damaged" },
  { files: ["embeddinggemma.json", "records-1-149a9561.jsonl"], kind: "damaged" },
  { files: ["embeddinggemma.json", "bread.md"], kind: "foreign" },
])("a folder with $files is $kind", async ({ files, kind }) => {
  expect(await storeFolder(await folderWith(files))).toMatchObject({ kind });
});

it.each([
  "bread.md",
  "vectors.md",
  "records-2023-q1.csv",
  "records-2023-0123abcd.csv",
  "index-2024-notes.md",
  "deleted-1-items.jsonl",
  "faiss-store.json.bak",
  "faiss-store.locksmith.md",
])("%s is a file of the user", async (file) => {
  const folder = await folderWith(["vectors-1-149a9561.faiss", file]);
  expect(await storeFolder(folder)).toEqual({ kind: "foreign", file });
});

it("has no folder that does not exist", async () => {
  expect(await storeFolder(join(root, "none"))).toEqual({ kind: "free" });
});

it("names a folder for a store", () => {
  expect(ownStoreFolder("notes/")).toBe("notes.store");
  expect(ownStoreFolder(".")).toBe(".store");
  expect(ownStoreFolder("my notes/")).toBe(quoted("my notes.store"));
});

const names = ["it's", "a$b", "a;b", 'a"b c', "a b", "`a`", "!a", "a\\b", "*", "~/x", "", "März"];

it.skipIf(process.platform === "win32").each(names)("a shell reads %j as it is", (name) => {
  expect(execFileSync("sh", ["-c", `printf %s ${quoted(name)}`], { encoding: "utf8" })).toBe(name);
});

it("quotes only what has to be", () => {
  for (const name of ["notes.store", "../März/a-b", "source=notes/a.md"])
    expect(quoted(name, "linux")).toBe(name);
  expect(quoted("C:\\notes\\a.store", "win32")).toBe("C:\\notes\\a.store");
  expect(quoted("C:\\my notes", "win32")).toBe('"C:\\my notes"');
});

async function folderWith(files: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(root, "folder-"));
  for (const file of files) await writeFile(join(folder, file), "");
  return folder;
}
