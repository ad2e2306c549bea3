import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { findRoot } from "./find-root.ts";

const folder = await temporaryFolder();
await mkdir(join(folder, "before"));
await writeFile(join(folder, "before/mars.md"), "Mars is red.");

/** The root of a store that was saved in `saved` and is in `after` now. */
function rootOf({ saved = "before", source = "mars.md" }): string {
  const file = { digest: "", chunks: 1 };
  return findRoot(join(folder, "after/my.store"), {
    ...{ model: {}, chunks: { tokens: 256, overlap: 32 }, files: { [source]: file } },
    folder: join(folder, saved, "my.store"),
    root: "..",
  });
}

it("is where the files were, if the store has moved alone", () => {
  expect(rootOf({})).toBe(join(folder, "before"));
});

it("is the current folder, if the files have moved, too", () => {
  expect(rootOf({ saved: "none", source: "package.json" })).toBe(process.cwd());
});

it("is beside a store that has not moved, whatever is gone", () => {
  expect(rootOf({ saved: "after", source: "gone.md" })).toBe(join(folder, "after"));
});

it("is not guessed, if no file is found", () => {
  const both = `${join(folder, "after")} or ${join(folder, "before")} or ${process.cwd()}`;
  expect(() => rootOf({ source: "gone.md" })).toThrow(
    `none of its files, such as gone.md, is in ${both}. Run the command in the folder`,
  );
  const elsewhere = join(folder, "elsewhere/gone.md");
  expect(rootOf({ source: elsewhere })).toBe(join(folder, "after"));
});
