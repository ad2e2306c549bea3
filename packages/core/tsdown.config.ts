import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

export default defineConfig([
  packageBuild,
  // The file that a worker thread starts from; whoever starts it, ESM or CommonJS, it is ESM.
  { ...packageBuild, entry: ["src/model-worker.ts"], format: "esm", dts: false, clean: false },
]);
