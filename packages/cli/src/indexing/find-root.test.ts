import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findRoot } from "./find-root.ts";

const folder = await temporaryFolder();
await write("before/mars.md");

/** The root of a store that was saved in `saved` and is in `after` now. */
function rootOf({ saved = "before", sources = ["mars.md"] }): string {
  const files = Object.fromEntries(sources.map((source) => [source, { digest: "", chunks: 1 }]));
  return findRoot(join(folder, "after/my.store"), {
    ...{ model: {}, chunks: { tokens: 256, overlap: 32 }, files },
    folder: join(folder, saved, "my.store"),
    root: "..",
  });
}

it("is where the files were, if the store has moved alone", () => {
  expect(rootOf({})).toBe(join(folder, "before"));
});

it("is the current folder, if the files have moved, too", () => {
  expect(rootOf({ saved: "none", sources: ["package.json"] })).toBe(process.cwd());
});

it("has the most of its files, and not only one with a common name", async () => {
  await write("before/README.md", "after/README.md");
  // The current folder has a README.md, too.
  const sources = ["README.md", "mars.md", "gone.md"];
  expect(rootOf({ sources })).toBe(join(folder, "before"));
  await write("after/mars.md");
  expect(rootOf({ sources })).toBe(join(folder, "after"));
});

it("is beside a store that has not moved, whatever is gone", () => {
  expect(rootOf({ saved: "after", sources: ["gone.md"] })).toBe(join(folder, "after"));
});

it("is not guessed, if no file is found", () => {
  const both = `${join(folder, "after")} or ${join(folder, "before")} or ${process.cwd()}`;
  expect(() => rootOf({ sources: ["gone.md"] })).toThrow(
    `none of its files, such as gone.md, is in ${both}. Add --root with the folder`,
  );
  const elsewhere = join(folder, "elsewhere/gone.md");
  expect(rootOf({ sources: [elsewhere] })).toBe(join(folder, "after"));
});

async function write(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "Mars is red.");
  }
}
