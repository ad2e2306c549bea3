/**
 * Builds the documentation site into `docs/.vitepress/dist`: `node docs/scripts/build.mjs`.
 */
import { fileURLToPath } from "node:url";
import { build } from "vitepress";

await build(fileURLToPath(new URL("..", import.meta.url)));
