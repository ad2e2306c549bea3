import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RolldownChunk, UserConfig } from "tsdown";

// TypeScript 7 does not export this file.
const typescript = pathToFileURL(
  createRequire(import.meta.url).resolve("typescript-7/package.json"),
);
const { default: getExePath } = await import(new URL("lib/getExePath.js", typescript).href);

/** Every published package is built alike: ESM and CommonJS with types, from one entry point. */
export const packageBuild: UserConfig = {
  entry: ["src/index.ts"],
  format: { esm: { hooks: { "build:done": copyTypes } }, cjs: { dts: false } },
  platform: "neutral",
  fixedExtension: false, // .js for ESM on every platform, as the packages' exports say
  target: "es2022",
  dts: {
    // TypeScript 7 takes a fraction of the time of earlier versions.
    tsgo: { path: getExePath() },
    tsconfig: fileURLToPath(new URL("tsconfig.declarations.json", import.meta.url)),
  },
  sourcemap: true,
  clean: true,
};

/** CommonJS has the same types as ES modules, so its own are not made a second time. */
function copyTypes({ chunks }: { chunks: RolldownChunk[] }): void {
  for (const { fileName, outDir } of chunks)
    if (fileName.endsWith(".d.ts"))
      copyFileSync(join(outDir, fileName), join(outDir, fileName.replace(/ts$/, "cts")));
}
