import { expect, it } from "vitest";
import { markdownIn } from "./pages.ts";
import { hasRun } from "./ran-blocks.ts";
import { codeSections } from "./readme-code.ts";

/**
 * Declares a test that the tests of this file have run all TypeScript code of pages. Call it at the
 * end of the file.
 *
 * @param pages - paths of pages, or of folders: all pages in them
 */
export function runsAllCodeOf(...pages: string[]): void {
  it.each(pages)("runs all code of %s", async (path) => {
    const pages = path.endsWith(".md") ? [path] : markdownIn(path);
    const notRun: string[] = [];
    for (const page of pages) {
      for (const [number, heading] of (await codeSections(page)).entries())
        if (!hasRun(page, number)) notRun.push(`${page}, block ${number + 1}, under "${heading}"`);
    }
    expect(notRun).toEqual([]);
  });
}
