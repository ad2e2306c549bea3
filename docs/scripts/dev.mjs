/**
 * Serves the documentation site, and shows changes of pages at once: `node docs/scripts/dev.mjs`.
 * The API reference is that of the last build.
 */
import { fileURLToPath } from "node:url";
import { createServer } from "vitepress";
import { writeChangelog } from "./changelog.mjs";

const inRepository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

await writeChangelog(inRepository(""), inRepository("docs/generated/changelog.md"));
const server = await createServer(inRepository("docs"));
await server.listen();
server.printUrls();
