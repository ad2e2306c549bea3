import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DerivedFile, derivedFile } from "./derived-files.ts";

let parent: string;
let folder: string;
let made: string[];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "derived-"));
  folder = join(parent, "cache", "derived");
  made = [];
});

afterEach(() => rm(parent, { recursive: true }));

const file: DerivedFile = { name: "table", digest: "abc", version: 1, extension: ".bin" };

/** Makes a file with a text, which is intact if it ends with a period. */
function derive(text: string, description = file): Promise<string | null> {
  return derivedFile(folder, description, {
    async read(path) {
      const found = await readFile(path, "utf8");
      return found.endsWith(".") ? found : null;
    },
    async make(path) {
      made.push(text);
      await writeFile(path, text);
    },
  });
}

test("is made once", async () => {
  expect(await derive("first.")).toBe("first.");
  expect(await derive("second.")).toBe("first.");
  expect(made).toEqual(["first."]);
  expect(await readdir(folder)).toEqual(["table.abc.v1.bin"]);
});

test("is made for each digest and each version of its format", async () => {
  expect(await derive("first.")).toBe("first.");
  expect(await derive("second.", { ...file, digest: "def" })).toBe("second.");
  expect(await derive("third.", { ...file, version: 2 })).toBe("third.");
  expect(await readdir(folder)).toHaveLength(3);
});

test("is made again if it is damaged", async () => {
  await derive("first.");
  await writeFile(join(folder, "table.abc.v1.bin"), "fir");
  expect(await derive("second.")).toBe("second.");
  expect(await readdir(folder)).toHaveLength(1);
});

test("calls at the same time all get it", async () => {
  const texts = await Promise.all(["a.", "b.", "c.", "d."].map((text) => derive(text)));
  for (const text of texts) expect(made).toContain(text);
  expect(await readdir(folder)).toEqual(["table.abc.v1.bin"]);
});

test("an error of the file system is thrown", async () => {
  await mkdir(join(parent, "cache"));
  await writeFile(folder, "a file");
  await expect(derive("first.")).rejects.toMatchObject({ code: "EEXIST" });
});

test("a file that cannot be read is made again", async () => {
  await mkdir(join(folder, "table.abc.v1.bin"), { recursive: true });
  expect(await derive("first.")).toBe("first.");
});

test("a mistake of the program is thrown, also if it has a code", async () => {
  await derive("first.");
  const mistaken = {
    read: (): Promise<null> => readFile(5.5 as unknown as string).then(() => null),
    make: async () => {},
  };
  const code = "ERR_INVALID_ARG_TYPE";
  await expect(derivedFile(folder, file, mistaken)).rejects.toMatchObject({ code });
});

test("is null without a folder", async () => {
  const read = async (): Promise<string | null> => "read";
  const make = async () => {};
  expect(await derivedFile(null, file, { read, make })).toBe(null);
});

test("an error of its maker is thrown, and nothing is left behind", async () => {
  const read = async (): Promise<string | null> => "read";
  const make = async (path: string) => {
    await writeFile(path, "half");
    throw new TypeError("cannot be made");
  };
  await expect(derivedFile(folder, file, { read, make })).rejects.toThrow("cannot be made");
  expect(await readdir(folder)).toEqual([]);
});

test("files that are no longer used are deleted, and those in use are not", async () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  const age = async (name: string, days: number) => {
    await writeFile(join(folder, name), "old.");
    await utimes(join(folder, name), daysAgo(days), daysAgo(days));
  };
  await mkdir(folder, { recursive: true });
  await age("table.abc.v1.bin", 40);
  await derive("first.");
  expect(made).toEqual([]);
  expect((await stat(join(folder, "table.abc.v1.bin"))).mtimeMs).toBeGreaterThan(+daysAgo(1));
  await age("table.old.v1.bin", 40);
  await age("table.new.v1.bin", 20);
  await age("table.old.v1.bin.1.incomplete", 2);
  await derive("second.", { ...file, version: 2 });
  expect((await readdir(folder)).sort()).toEqual([
    "table.abc.v1.bin",
    "table.abc.v2.bin",
    "table.new.v1.bin",
  ]);
});
