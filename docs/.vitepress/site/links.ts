import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { pathOf, routeOf } from "./pages.ts";
import { repositoryUrl, root } from "./repository.ts";

/**
 * A plugin of markdown-it: links that work between the files of the repository, as on GitHub,
 * work on the site. A link to a page leads to the page, any other to the file on GitHub.
 *
 * @param sources - the files that are pages, from the root of the repository
 * @throws if a link leads nowhere
 */
export function repositoryLinks(md: MarkdownRenderer, sources: ReadonlySet<string>): void {
  md.core.ruler.push("repository-links", ({ tokens, env }) => {
    const file: string | undefined = env.realPath ?? env.path;
    if (file === undefined) return; // A title alone.
    const source = posix.relative(root.replaceAll("\\", "/"), file.replaceAll("\\", "/"));
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== "link_open") continue;
      const href = token.attrGet("href")!;
      token.attrSet("href", siteLink(source, href, sources) ?? href);
    }
  });
}

/**
 * What a link of a page leads to on the site: a route with a leading slash, or a URL on GitHub.
 *
 * @returns undefined if the link stays as it is: an address, or an anchor of the page itself
 */
export function siteLink(
  source: string,
  href: string,
  sources: ReadonlySet<string>,
): string | undefined {
  if (/^[a-z]+:|^#/i.test(href)) return undefined;
  const [, path, anchor] = href.match(/^([^#]*)(#.*)?$/)!;
  const target = posix.join(posix.dirname(source), decodeURI(path!)).replace(/\/$/, "");
  for (const page of [target, `${target}/README.md`, `${target}/index.md`]) {
    if (sources.has(page)) return routeOf(pathOf(page)) + (anchor ?? "");
  }
  const file = join(root, target);
  if (target.startsWith("..") || !existsSync(file))
    throw new Error(`${source} links to ${href}, which does not exist.`);
  const kind = statSync(file).isDirectory() ? "tree" : "blob";
  return `${repositoryUrl}/${kind}/main/${encodeURI(target)}${anchor ?? ""}`;
}
