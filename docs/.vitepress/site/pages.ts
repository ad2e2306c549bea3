import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./repository.ts";

/** A Markdown file that the site shows. */
export interface Page {
  /** The file, from the root of the repository: `docs/embed/models.md`. */
  source: string;
  /** Where the site has it: `embed/models.md`. */
  path: string;
  /** Its URL below the base of the site: `/embed/models`. */
  route: string;
  title: string;
  /** `description` of the frontmatter, or the first sentences. */
  description: string;
  /** `order` of the frontmatter: pages with a smaller number come first in their folder. */
  order: number;
}

/** Pages that the build writes, such as the API reference, are in this folder. */
export const generatedFolder = "docs/generated";

/** All pages: those of `docs/`, and the READMEs of packages and examples. */
export function findPages(): Page[] {
  const docs = markdownIn("docs").filter(
    (source) => !/\/(node_modules|\.vitepress)\//.test(source),
  );
  const readmes = ["packages", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .filter((name) => readdirSync(join(root, parent, name)).includes("README.md"))
      .map((name) => `${parent}/${name}/README.md`),
  );
  return [...docs, ...readmes].sort().map(readPage);
}

/** Where the site shows a Markdown file. */
export function pathOf(source: string): string {
  return source
    .replace(/^docs\/generated\//, "reference/")
    .replace(/^docs\//, "")
    .replace(/(^|\/)README\.md$/, "$1index.md");
}

export function routeOf(path: string): string {
  return `/${path}`.replace(/(\/)index\.md$|\.md$/, "$1");
}

/** The Markdown of a page, without its frontmatter. */
export function markdownOf(source: string): string {
  return read(source).body;
}

function readPage(source: string): Page {
  const { frontmatter, body } = read(source);
  const path = pathOf(source);
  const title = frontmatter.title ?? body.match(/^# (.*)$/m)?.[1]?.replaceAll("`", "");
  if (title === undefined)
    throw new Error(`${source} needs a title: a line that begins with "# ".`);
  const description = frontmatter.description ?? firstSentence(body);
  const order = Number(frontmatter.order ?? Number.POSITIVE_INFINITY);
  return { source, path, route: routeOf(path), title, description, order };
}

function read(source: string): { frontmatter: Record<string, string>; body: string } {
  const text = readFileSync(join(root, source), "utf8");
  const [whole, lines] = text.match(/^---\n(.*?)\n---\n/s) ?? ["", ""];
  const entries = Array.from(lines!.matchAll(/^(\w+): *(.+)$/gm), ([, key, value]) => [
    key,
    value!.replace(/^(["'])(.*)\1$/, "$2"),
  ]);
  return { frontmatter: Object.fromEntries(entries), body: text.slice(whole.length) };
}

/** The first sentence under the title, without its links and marks; "" if it is not plain. */
function firstSentence(body: string): string {
  const introduction = body.match(/^# .*\n+((?:(?!```)[^#\n|-].*\n)+)/m)?.[1] ?? "";
  const plain = introduction
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .replaceAll("\n", " ");
  return plain.match(/^.*?\.(?= )/)?.[0] ?? "";
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : markdownIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}
