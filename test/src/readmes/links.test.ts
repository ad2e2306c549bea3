import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folders = [
  "",
  "docs",
  ...["docs", "packages", "examples", "test", "packages/tiny-model"].flatMap((parent) =>
    namesIn(parent).map((name) => join(parent, name)),
  ),
];
const pages = folders.flatMap((folder) =>
  namesIn(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

it.each(pages)("links to files and headings that exist: %s", (page) => {
  const missing = linksOf(page).filter((link) => !exists(page, link));
  expect(missing).toEqual([]);
});

it("links every page of docs/ from another page", () => {
  const linked = new Set(
    pages.flatMap((page) =>
      linksOf(page)
        .map((link) => join(dirname(page), link.replace(/#.*/, "")))
        .filter((target) => target !== page),
    ),
  );
  const docs = pages.filter((page) => page.startsWith("docs/") && page !== "docs/index.md");
  expect(docs.filter((page) => !linked.has(page))).toEqual([]);
});

function namesIn(folder: string): string[] {
  return statSync(join(root, folder)).isDirectory() ? readdirSync(join(root, folder)) : [];
}

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

function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}
