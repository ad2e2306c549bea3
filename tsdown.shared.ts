import type { UserConfig } from "tsdown";

/** Every published package is built alike: ESM and CommonJS with types, from one entry point. */
export const packageBuild: UserConfig = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  platform: "neutral",
  fixedExtension: false, // .js for ESM on every platform, as the packages' exports say
  target: "es2022",
  // Eager, since the types of packages/internal, which are bundled too, lie outside the package.
  dts: { eager: true },
  sourcemap: true,
  clean: true,
};
