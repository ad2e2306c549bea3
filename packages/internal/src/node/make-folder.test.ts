import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "./make-folder.ts";

describe("makeFolder", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "make-folder-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  it("creates a folder with its parents, and returns the first that was missing", async () => {
    const path = join(root, "a", "b", "c");
    expect(await makeFolder(path)).toBe(join(root, "a"));
    expect((await stat(path)).isDirectory()).toBe(true);
    expect(await makeFolder(path)).toBeUndefined();
    expect(await makeFolder(join(path, "d"))).toBe(join(path, "d"));
  });

  it("accepts a folder that another call makes at the same time", async () => {
    const path = join(root, "shared", "folder");
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it("follows links to folders", async () => {
    await makeFolder(join(root, "target"));
    await symlink(join(root, "target"), join(root, "link"), "junction");
    await makeFolder(join(root, "link", "inside"));
    expect((await stat(join(root, "target", "inside"))).isDirectory()).toBe(true);
  });

  it("refuses the path of a file, and one below a file", async () => {
    const file = join(root, "file");
    await writeFile(file, "");
    await expect(makeFolder(file)).rejects.toMatchObject({ code: "EEXIST" });
    const code = process.platform === "win32" ? "EEXIST" : "ENOTDIR";
    await expect(makeFolder(join(file, "inside"))).rejects.toMatchObject({
      code,
      syscall: "mkdir",
    });
  });

  // Only Linux has a folder in which not even root can make one: /proc.
  it.runIf(process.platform === "linux")("ends where no folder can be made", async () => {
    await expect(makeFolder("/proc/x/y")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
