import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { checkFileIsWritable, checkFolderIsWritable } from "./check-writable.ts";

const folder = await temporaryFolder();
const file = join(folder, "file");
await writeFile(file, "content");

it("leaves no trace where results can be written", async () => {
  await checkFolderIsWritable(folder);
  await checkFolderIsWritable(join(folder, "new/folder"));
  await checkFileIsWritable(file);
  await checkFileIsWritable(join(folder, "new.trec"));
  expect(await readdir(folder)).toEqual(["file"]);
  expect(await readFile(file, "utf8")).toBe("content");
});

it("says why results cannot be written", async () => {
  await expect(checkFolderIsWritable(join(file, "store"))).rejects.toThrow(
    /store cannot be written: part of its path is a file\.$/,
  );
  await expect(checkFileIsWritable(join(folder, "none/x"))).rejects.toThrow(
    /x cannot be written: there is no folder .*none\.$/,
  );
  await mkdir(join(folder, "other"));
  await expect(checkFileIsWritable(join(folder, "other"))).rejects.toThrow("it is a folder.");
});
