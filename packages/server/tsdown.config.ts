import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

const swaggerUi = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

export default defineConfig({
  ...packageBuild,
  entry: { index: "src/index.ts", "embeddinggemma-server": "src/cli/main.ts" },
  platform: "node",
  shims: true,
  // `/docs` shows these files.
  copy: ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"].map((name) => ({
    from: join(swaggerUi, name),
    to: "dist/swagger-ui",
  })),
});
