import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FileSelection, findFiles } from "./find-files.ts";
import { Globs } from "./globs.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "find-files-"));
  const names = ["b.md", "a.txt", "code.ts", "guides/c.PDF", "guides/draft/d.html", ".git/e.md"];
  for (const name of [...names, "node_modules/x/README.md", "my.store/f.txt"]) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "x");
  }
  await symlink(join(folder, "guides"), join(folder, "linked"));
});

afterAll(() => rm(folder, { recursive: true }));

async function find(path: string, selection: Partial<FileSelection> = {}) {
  const skip = join(folder, "my.store");
  const { files } = await findFiles(join(folder, path), { skip, ignore: true, ...selection });
  return files.map((file) => relative(folder, file.path).split(sep).join("/"));
}

it("finds the files that can be read", async () => {
  expect(await find(".")).toEqual(["a.txt", "b.md", "guides/c.PDF", "guides/draft/d.html"]);
  expect(await find("guides")).toEqual(["guides/c.PDF", "guides/draft/d.html"]);
  expect(await find("code.ts")).toEqual(["code.ts"]);
});

it("leaves out what Git ignores, in a repository and in folders of it", async () => {
  await writeFile(join(folder, ".gitignore"), "*.html\n/guides/*.PDF\n");
  await writeFile(join(folder, "guides/.gitignore"), "!d.html\n");
  expect(await find(".")).toEqual(["a.txt", "b.md", "guides/draft/d.html"]);
  expect(await find("guides")).toEqual(["guides/draft/d.html"]);
  expect(await find("guides/c.PDF")).toEqual(["guides/c.PDF"]);
  expect(await find("guides", { ignore: false })).toEqual(["guides/c.PDF", "guides/draft/d.html"]);
  await writeFile(join(folder, ".gitignore"), "/guides\n");
  expect(await find(".")).toEqual(["a.txt", "b.md"]);
  expect(await find("guides/draft")).toEqual(["guides/draft/d.html"]);
  await rm(join(folder, ".gitignore"));
  await rm(join(folder, "guides/.gitignore"));
});

it("counts files of other kinds", async () => {
  const skip = join(folder, "my.store");
  const others = async (path: string, selection: Partial<FileSelection> = {}) =>
    (await findFiles(join(folder, path), { skip, ignore: true, ...selection })).others.length;
  expect(await others(".")).toBe(1);
  expect(await others(".", { include: new Globs(["*.md"]) })).toBe(0);
  expect(await others("code.ts")).toBe(0);
});

it("passes over what is deleted meanwhile", async () => {
  const names = ["guides/gone.md", "guides/old/gone.md"];
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "x");
  }
  /** Is asked after a folder was listed. */
  class Deleting extends Globs {
    override matches(name: string): boolean {
      if (/gone|old/.test(name)) rmSync(join(folder, "guides", name), { recursive: true });
      return false;
    }
  }
  const skip = join(folder, "my.store");
  const exclude = new Deleting([]);
  const found = await findFiles(join(folder, "guides"), { skip, ignore: true, exclude });
  expect(found.files).toHaveLength(2);
  expect(found.unreadable).toEqual([]);
});

it("knows where patterns can match", () => {
  const canMatch = (pattern: string, folder: string) => new Globs([pattern]).canMatchIn(folder);
  expect(canMatch("ok/**", "secret")).toBe(false);
  expect(canMatch("/ok/*.md", "okay")).toBe(false);
  expect(canMatch("ok/deep", "ok/deeper")).toBe(false);
  expect(canMatch("ok/deep", "ok/deep/er")).toBe(true);
  expect(canMatch("ok/a*.md", "ok")).toBe(true);
  expect(canMatch("ok/deep/a.md", "ok")).toBe(true);
  expect(canMatch("ok/**", "ok/deep")).toBe(true);
  for (const pattern of ["*.md", "a.md", "**/a.md", "{ok,secret}/*"])
    expect(canMatch(pattern, "secret")).toBe(true);
});

it("chooses files by patterns, and says which match nothing", async () => {
  const include = new Globs(["*.md", "guides/**/*.html", "*.docx"]);
  expect(await find(".", { include })).toEqual(["b.md", "guides/draft/d.html"]);
  expect(include.unmatched()).toEqual(["*.docx"]);
  for (const name of ["guides", "/guides/", "draft", "guides/draft"]) {
    const files = await find(".", { include: new Globs([name]) });
    const all = ["guides/c.PDF", "guides/draft/d.html"];
    expect(files).toEqual(name.includes("draft") ? all.slice(1) : all);
  }
  expect(await find(".", { include: new Globs(["guides/*"]) })).toEqual(["guides/c.PDF"]);
  const html = new Globs(["*.html"]);
  expect(await find(".", { include: html })).toEqual(["guides/draft/d.html"]);
  const exclude = new Globs(["guides/draft/", "b.*", "node_modules", "guide"]);
  expect(await find(".", { exclude })).toEqual(["a.txt", "guides/c.PDF"]);
  expect(exclude.unmatched()).toEqual(["guide"]);
  const anchored = new Globs(["/b.md", "./guides/*.PDF", "/d.html", "/"]);
  expect(await find(".", { include: anchored })).toEqual(["b.md", "guides/c.PDF"]);
  expect(anchored.unmatched()).toEqual(["/d.html", "/"]);
});
