import { readFile } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { npmName, packageNames, packPackages } from "./tarballs.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const testFile = /\.(test|test-d|bench|config)\.|tsconfig/;
const testFolder = /\/(test|tests|testing|test-support|fixtures|scripts|\.[^/]*)\//;

let tarballs: Awaited<ReturnType<typeof packPackages>>;

beforeAll(async () => {
  tarballs = await packPackages();
});

describe.each(packageNames)("the tarball of %s", (name) => {
  it("passes publint with strict rules", async () => {
    const { buffer } = Uint8Array.from(await readFile(tarballs[name]));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(pkg.name).toBe(npmName(name));
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has the files that a package needs, and none for its development", async () => {
    const tarball = createPackageFromTarballData(await readFile(tarballs[name]));
    const files = tarball.listFiles().map((path) => path.slice("/node_modules".length));
    const root = `/${tarball.packageName}`;
    expect(files).toEqual(expect.arrayContaining([`${root}/LICENSE`, `${root}/README.md`]));
    expect(files.filter((path) => testFile.test(path) || testFolder.test(path))).toEqual([]);
  });
});

const imported = packageNames.filter((name) => name !== "cli"); // It is only a program.
it.each(imported)(
  "the tarball of %s has types that every way of resolving modules finds",
  async (name) => {
    const tarball = createPackageFromTarballData(await readFile(tarballs[name]));
    const result = await checkPackage(tarball);
    expect(result.types).toEqual({ kind: "included" });
    expect("problems" in result && result.problems).toEqual([]);
  },
);
