import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { siteLink } from "./links.ts";
import { generatedFolder, markdownOf, type Page } from "./pages.ts";
import { sectionsOf } from "./sidebar.ts";

/**
 * Writes what language models read in place of HTML (https://llmstxt.org): the Markdown of each
 * page beside its HTML, `llms.txt` with a list of them, and `llms-full.txt` with their texts.
 *
 * @param heading - the first lines of `llms.txt`
 */
export async function writeLlmsFiles(
  folder: string,
  pages: readonly Page[],
  siteUrl: string,
  heading: string,
): Promise<void> {
  const sources = new Set(pages.map(({ source }) => source));
  const list = [heading];
  const texts: string[] = [];
  for (const { text, pages: ofSection } of sectionsOf(pages)) {
    const entries = ofSection.map((page) => entryOf(page, siteUrl));
    list.push(`## ${text}\n\n${entries.join("\n")}`);
    for (const { source, path } of ofSection) {
      if (source.startsWith(generatedFolder)) continue;
      const text = withSiteLinks(markdownOf(source), source, sources, siteUrl).trim();
      await write(join(folder, path), `${text}\n`);
      texts.push(`<!-- ${new URL(path, siteUrl)} -->\n\n${text}`);
    }
  }
  await write(join(folder, "llms.txt"), `${list.join("\n\n")}\n`);
  await write(join(folder, "llms-full.txt"), `${texts.join("\n\n---\n\n")}\n`);
}

/** Pages that the build writes have no Markdown on the site: they are long, and read as HTML. */
function entryOf({ title, source, path, route, description }: Page, siteUrl: string): string {
  const url = new URL(source.startsWith(generatedFolder) ? route.slice(1) : path, siteUrl);
  return `- [${title}](${url})${description && `: ${description}`}`;
}

function withSiteLinks(
  markdown: string,
  source: string,
  sources: ReadonlySet<string>,
  siteUrl: string,
): string {
  const blocks = markdown.split(/(^```.*?^```$)/ms);
  const replaced = blocks.map((block) =>
    block.startsWith("```")
      ? block
      : block.replaceAll(/\]\(([^)\s]+)\)/g, (link, href) => {
          const target = siteLink(source, href, sources);
          if (target === undefined) return link;
          return `](${new URL(target.replace(/^\//, ""), siteUrl)})`;
        }),
  );
  return replaced.join("");
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
