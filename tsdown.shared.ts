import type { UserConfig } from "tsdown";

/** Every published package is built alike: ESM and CommonJS with types, from one entry point. */
export const packageBuild: UserConfig = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  platform: "neutral",
  fixedExtension: false, // .js for ESM on every platform, as the packages' exports say
  target: "es2022",
  dts: {
    // Types of packages/internal are bundled too. Unless the one program has all sources, each of
    // its files costs a program of its own.
    eager: true,
    tsconfigRaw: {
      include: ["src", "../internal/src"],
      exclude: ["**/*.test.ts", "**/*.test-d.ts"],
    },
  },
  sourcemap: true,
  clean: true,
};
