import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

export default defineConfig({
  ...packageBuild,
  entry: { embeddinggemma: "src/main.ts" },
  format: ["esm"],
  platform: "node",
  dts: false,
});
