import { defineConfig, mergeConfig } from "vitest/config";
import { withBothTransformers } from "../vitest.shared.ts";

export default mergeConfig(
  withBothTransformers(["src/golden/golden.int.test.ts"]),
  // Also on two cores, other tests run while those of the packed packages wait for downloads.
  defineConfig({ test: { maxWorkers: 2 } }),
);
