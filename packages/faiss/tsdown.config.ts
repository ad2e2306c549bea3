import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

export default defineConfig({
  ...packageBuild,
  platform: "node",
  // The engine's process runs this file as it is, from beside the module that starts it.
  copy: ["src/index/faiss-process.mjs"],
  shims: true,
});
