import { join } from "node:path";
import { expect, it } from "vitest";
import { isFile, whyNotFolder } from "./why-not-folder.ts";

const { dirname, filename } = import.meta;

it("tells a file from a folder, and from nothing", async () => {
  expect(await isFile(filename)).toBe(true);
  for (const path of [dirname, join(dirname, "no-such"), join(filename, "below-a-file")])
    expect(await isFile(path)).toBe(false);
});

it("names a file as it was written", async () => {
  const reason = "notes is a file; --store takes a folder.";
  expect(await whyNotFolder("notes", filename)).toBe(reason);
  expect(await whyNotFolder(dirname)).toBeUndefined();
});
