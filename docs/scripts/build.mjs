/**
 * Builds the documentation site, and the galaxy in its folder `galaxy`:
 * `node docs/scripts/build.mjs [folder]`. The folder is `docs/.vitepress/dist` by default.
 *
 * `DOCS_BASE` is the path of the site at its host, such as `/embeddinggemma-js/`.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build as buildSite } from "vitepress";
import { buildGalaxy } from "./galaxy.mjs";
import { generatePages } from "./generate.mjs";

const docs = fileURLToPath(new URL("..", import.meta.url));
const folder = resolve(process.argv[2] ?? `${docs}/.vitepress/dist`);

await generatePages();
await buildSite(docs, { outDir: folder });
await buildGalaxy(`${folder}/galaxy`);
console.log(`The site is in ${folder}.`);
