import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

// Node, unlike the other packages: it names a folder on disk, in CommonJS too.
export default defineConfig({ ...packageBuild, platform: "node" });
