import { readdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { type DefaultTheme, defineConfig, type HeadConfig } from "vitepress";
import { githubSlug } from "./site/github-slug.ts";
import { highlightOnce } from "./site/highlight-once.ts";
import { repositoryLinks } from "./site/links.ts";
import { writeLlmsFiles } from "./site/llms.ts";
import { findPages, pathOf } from "./site/pages.ts";
import { repositoryUrl, root } from "./site/repository.ts";
import { sectionsOf, sidebarOf } from "./site/sidebar.ts";

const docs = join(root, "docs");

/** Where the site is: `DOCS_URL` for a build that is published elsewhere. */
const url = process.env.DOCS_URL ?? "https://embeddinggemma-js.github.io/embeddinggemma-js/";
const base = process.env.DOCS_BASE ?? "/";

/** The picture of the galaxy, for pages that show a link to this site. */
const picture = readdirSync(docs).find((name) => /^galaxy\.(webp|png|jpg)$/.test(name));

const title = "embeddinggemma-js";
const description =
  "EmbeddingGemma embeddings and FAISS vector search for TypeScript, on your own machine.";

const pages = findPages();
const sources = new Set(pages.map(({ source }) => source));

/** An entry of the navigation bar that leads to the first page of a section. */
function navigationTo(text: string): DefaultTheme.NavItemWithLink[] {
  const first = sectionsOf(pages).find((section) => section.text === text)?.pages[0];
  if (!first) return [];
  const activeMatch = `^/${first.route.split("/")[1]}/`;
  return [{ text, link: first.route, activeMatch }];
}

export default defineConfig({
  title,
  description,
  lang: "en-US",
  base,
  cleanUrls: true,
  metaChunk: true,
  srcDir: root,
  // All Markdown that is no page.
  srcExclude: [
    "*.md",
    "!(docs|packages|examples)/**",
    "{packages,examples}/*/!(README.md)",
    "{packages,examples}/*/*/**",
  ],
  rewrites: pathOf,
  // Links to a program that the reader has started.
  ignoreDeadLinks: "localhostLinks",
  lastUpdated: true,
  sitemap: { hostname: url },
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}favicon.svg` }],
    ["meta", { property: "og:type", content: "website" }],
    ["meta", { property: "og:site_name", content: title }],
    ...(picture
      ? ([
          ["meta", { property: "og:image", content: `${url}${picture}` }],
          ["meta", { name: "twitter:card", content: "summary_large_image" }],
        ] satisfies HeadConfig[])
      : []),
  ],
  markdown: {
    anchor: { slugify: githubSlug },
    // GitHub shows braces as they are.
    attrs: { disable: true },
    config: (md) => {
      repositoryLinks(md, sources);
      highlightOnce(md);
    },
  },
  themeConfig: {
    logo: "/favicon.svg",
    nav: [
      ...["Start", "Recipes", "Migrate"].flatMap(navigationTo),
      { text: "API", link: "/reference/api/", activeMatch: "^/reference/api/" },
      { text: "Galaxy", link: "/galaxy/", target: "_self" },
    ],
    sidebar: sidebarOf(pages),
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        miniSearch: {
          searchOptions: {
            // Guides first. The browser runs this, so it can use nothing from this file.
            boostDocument: (id: string) => (/\/reference\/(api\/|changelog)/.test(id) ? 0.25 : 1),
          },
        },
      },
    },
    socialLinks: [{ icon: "github", link: repositoryUrl }],
    editLink: {
      pattern: `${repositoryUrl}/edit/main/:path`,
      text: "Edit this page on GitHub",
    },
    externalLinkIcon: true,
  },
  transformPageData: (page) => {
    page.description = pages.find(({ source }) => source === page.filePath)?.description ?? "";
  },
  buildEnd: async ({ outDir }) => {
    if (picture) await copyFile(join(docs, picture), join(outDir, picture));
    await writeLlmsFiles(outDir, pages, url, `# ${title}\n\n> ${description}`);
  },
  vite: {
    publicDir: join(docs, "public"),
    // The index of the search, which is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 4_000 },
  },
});
