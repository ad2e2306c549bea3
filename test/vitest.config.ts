import { defineConfig, mergeConfig } from "vitest/config";
import { withBothTransformers } from "../vitest.shared.ts";
import { LongestFirst } from "./longest-first.ts";

export default mergeConfig(
  // The tests of pages count what the code of their pages did in their process.
  withBothTransformers(["src/golden/golden.int.test.ts"], { isolate: true }),
  // Also on two cores, other tests run while those of the packed packages wait for downloads.
  defineConfig({ test: { maxWorkers: 3, sequence: { sequencer: LongestFirst } } }),
);
