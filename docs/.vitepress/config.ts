import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { githubSlug } from "./site/github-slug.ts";
import { repositoryLinks } from "./site/links.ts";
import { writeLlmsFiles } from "./site/llms.ts";
import { findPages, generatedFolder, pathOf } from "./site/pages.ts";
import { repositoryUrl, root } from "./site/repository.ts";
import { sidebarOf } from "./site/sidebar.ts";

/** Where the site is: `DOCS_URL` for a build that is published elsewhere. */
const url = process.env.DOCS_URL ?? "https://embeddinggemma-js.github.io/embeddinggemma-js/";
const base = process.env.DOCS_BASE ?? "/";

const title = "embeddinggemma-js";
const description =
  "EmbeddingGemma embeddings and FAISS vector search for TypeScript, on your own machine.";

const pages = findPages();
const sources = new Set(pages.map(({ source }) => source));

export default defineConfig({
  title,
  description,
  lang: "en-US",
  base,
  cleanUrls: true,
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
  outDir: process.env.DOCS_OUT ?? ".vitepress/dist",
  lastUpdated: true,
  sitemap: { hostname: url },
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}favicon.svg` }],
    ["meta", { property: "og:type", content: "website" }],
    ["meta", { property: "og:site_name", content: title }],
  ],
  markdown: {
    anchor: { slugify: githubSlug },
    // GitHub shows braces as they are.
    attrs: { disable: true },
    config: (md) => repositoryLinks(md, sources),
  },
  themeConfig: {
    logo: "/favicon.svg",
    nav: [
      { text: "Guide", link: "/start/", activeMatch: "^/(start|embed|search|serve|improve)/" },
      { text: "Recipes", link: "/recipes/", activeMatch: "^/(recipes|examples)/" },
      { text: "Migrate", link: "/migrate/", activeMatch: "^/migrate/" },
      { text: "API", link: "/reference/api/", activeMatch: "^/reference/api/" },
    ],
    sidebar: sidebarOf(pages),
    outline: [2, 3],
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: repositoryUrl }],
    editLink: {
      pattern: `${repositoryUrl}/edit/main/:path`,
      text: "Edit this page on GitHub",
    },
    externalLinkIcon: true,
  },
  transformPageData: (page) => {
    if (!page.filePath.startsWith(generatedFolder)) return;
    page.frontmatter.editLink = false;
    page.frontmatter.lastUpdated = false;
  },
  buildEnd: ({ outDir }) => writeLlmsFiles(outDir, pages, url, `# ${title}\n\n> ${description}`),
  vite: { publicDir: fileURLToPath(new URL("../public", import.meta.url)) },
});
