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
  // The program of the process that `worker: true` starts. ESM and CommonJS start the same file.
  {
    ...packageBuild,
    entry: ["src/runtime/worker/model-worker.ts"],
    platform: "node",
    format: "esm",
    dts: false,
    clean: false,
  },
]);
