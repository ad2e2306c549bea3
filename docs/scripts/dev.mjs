/**
 * Serves the documentation site and shows changes of pages at once: `node docs/scripts/dev.mjs`.
 */
import { fileURLToPath } from "node:url";
import { createServer } from "vitepress";

const server = await createServer(fileURLToPath(new URL("..", import.meta.url)));
await server.listen();
server.printUrls();
