import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme } from "vitepress";
import { generatedFolder, type Page } from "./pages.ts";
import { root } from "./repository.ts";

/** The sections of the sidebar, in order, by the folder of the site that has their pages. */
const sections: readonly { text: string; folder: string; first?: readonly string[] }[] = [
  { text: "Start", folder: "start" },
  { text: "Embed", folder: "embed" },
  { text: "Search", folder: "search" },
  { text: "Recipes", folder: "recipes" },
  { text: "Serve", folder: "serve" },
  { text: "Measure and improve", folder: "improve" },
  { text: "Migrate", folder: "migrate" },
  { text: "How it works", folder: "how-it-works" },
  { text: "Reference", folder: "reference" },
  {
    text: "Packages",
    folder: "packages",
    first: [
      ...["core", "faiss", "langchain", "llamaindex", "ai-sdk"],
      ...["server", "tune", "cli", "tiny-model"],
    ],
  },
  { text: "Examples", folder: "examples", first: ["quickstart", "semantic-galaxy"] },
];

const apiFolder = "reference/api/";

/** The sidebar, from the folders of the pages and their titles. */
export function sidebarOf(pages: readonly Page[]): DefaultTheme.SidebarMulti {
  const guide = sectionsOf(pages).map(({ text, pages }, index) => ({
    text,
    // The section of the page that is shown opens by itself.
    collapsed: index > 0,
    items: pages.map(({ title, route }) => ({ text: title, link: route })),
  }));
  return { "/": guide, [`/${apiFolder}`]: apiSidebar() };
}

/** The sections that have pages, with their pages in order. */
export function sectionsOf(pages: readonly Page[]): { text: string; pages: Page[] }[] {
  return sections
    .map(({ text, folder, first = [] }) => ({
      text,
      pages: pages
        .filter(({ path }) => path.startsWith(`${folder}/`) && isListed(path))
        .sort(byOrder((page) => placeOf(page, folder, first))),
    }))
    .filter(({ pages }) => pages.length > 0);
}

/** The reference of the API has a sidebar of its own, with one entry in the other. */
function isListed(path: string): boolean {
  return !path.startsWith(apiFolder) || path === `${apiFolder}index.md`;
}

function placeOf({ path, order }: Page, folder: string, first: readonly string[]): number {
  if (path === `${folder}/index.md`) return Number.NEGATIVE_INFINITY;
  const place = first.indexOf(path.split("/")[1]!);
  return place < 0 ? order : place - first.length;
}

function byOrder(placeOf: (page: Page) => number): (a: Page, b: Page) => number {
  return (a, b) => {
    const [placeA, placeB] = [placeOf(a), placeOf(b)];
    return placeA === placeB ? a.title.localeCompare(b.title) : placeA < placeB ? -1 : 1;
  };
}

function apiSidebar(): DefaultTheme.SidebarItem[] {
  const file = join(root, generatedFolder, "api/typedoc-sidebar.json");
  if (!existsSync(file)) return [];
  const written = readFileSync(file, "utf8").replaceAll("@embeddinggemma/", "");
  return JSON.parse(written.replaceAll('"/generated/', '"/reference/'));
}
