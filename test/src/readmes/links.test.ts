import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findPages } from "../../../docs/.vitepress/site/pages.ts";
import { sectionsOf } from "../../../docs/.vitepress/site/sidebar.ts";
import { markdownIn, textOf } from "./pages.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const pages = [
  ...markdownIn("", false),
  ...["docs", "packages", "examples", "test"].flatMap((folder) => markdownIn(folder)),
];

it.each(pages)("links to files and headings that exist: %s", (page) => {
  const missing = linksOf(page).filter((link) => !exists(page, link));
  expect(missing).toEqual([]);
});

it("has every page of docs/ in the sidebar of the site", () => {
  const listed = sectionsOf(findPages()).flatMap(({ pages }) => pages.map(({ source }) => source));
  const docs = pages.filter((page) => page.startsWith("docs/") && page !== "docs/index.md");
  expect(docs.length).toBeGreaterThan(0);
  expect(docs.filter((page) => !listed.includes(page))).toEqual([]);
});

/** Links to targets in this repository. */
function linksOf(page: string): string[] {
  const text = textOf(page).replaceAll(/```.*?```/gs, "");
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function exists(page: string, link: string): boolean {
  const [path, anchor] = link.split("#") as [string, string?];
  const target = path === "" ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  return statSync(join(root, target)).isFile() && anchorsOf(target).includes(anchor);
}

/** The anchors that GitHub generates for the headings. */
function anchorsOf(page: string): string[] {
  const text = textOf(page).replaceAll(/```.*?```/gs, "");
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
