import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

export default defineConfig([
  { ...packageBuild, platform: "node" },
  // For bundles of browsers: `#platform` is platform/browser.ts here.
  {
    ...packageBuild,
    entry: { "index.browser": "src/index.ts" },
    platform: "browser",
    format: "esm",
    dts: false,
    clean: false,
  },
  // The file that a worker thread starts from; whoever starts it, ESM or CommonJS, it is ESM.
  {
    ...packageBuild,
    entry: ["src/runtime/worker/model-worker.ts"],
    platform: "node",
    format: "esm",
    dts: false,
    clean: false,
  },
]);
