import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

export default defineConfig([
  {
    ...packageBuild,
    platform: "node",
    // The FAISS process runs these files unbuilt, from the folder of the built module.
    copy: ["src/index/faiss-process.mjs", "src/index/faiss-index-file.mjs"],
  },
  // For bundles of browsers, where it only says that the store does not run there.
  {
    ...packageBuild,
    entry: ["src/browser.ts"],
    platform: "browser",
    format: "esm",
    dts: false,
    clean: false,
  },
]);
