import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const program = fileURLToPath(new URL("../../../docs/scripts/build.mjs", import.meta.url));

/** Builds the documentation site into a folder. */
export async function buildSite(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [program, folder], { maxBuffer: 1e8 });
}

/** A page of HTML: its URL, where its links lead, and the anchors that it has. */
export interface HtmlPage {
  url: string;
  links: string[];
  anchors: Set<string>;
}

/** The pages of a site that was built, and the URLs of its other files. */
export async function readSite(
  folder: string,
): Promise<{ pages: Map<string, HtmlPage>; files: Set<string> }> {
  const pages = new Map<string, HtmlPage>();
  const files = new Set<string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll("\\", "/");
    files.add(`/${name}`);
    if (!name.endsWith(".html") || name.startsWith("galaxy/")) continue;
    // As GitHub Pages serves them.
    const url = `/${name.replace(/(^|\/)index\.html$|\.html$/, "$1")}`;
    const html = await readFile(path, "utf8");
    const valuesOf = (attribute: string) =>
      Array.from(html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, "g")), ([, value]) =>
        value!.replaceAll("&amp;", "&"),
      );
    const links = [...valuesOf("href"), ...valuesOf("src")];
    pages.set(url, { url, links, anchors: new Set(valuesOf("id")) });
  }
  return { pages, files };
}
