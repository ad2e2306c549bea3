import { defineConfig } from "tsdown";
import { packageBuild } from "../../tsdown.shared.ts";

// For Node only, unlike the other packages: it returns the path of a folder, also in CommonJS.
export default defineConfig({ ...packageBuild, platform: "node" });
