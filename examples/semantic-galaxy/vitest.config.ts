import { defineConfig } from "vitest/config";
import { sharedConfig } from "../../vitest.shared.ts";

export default defineConfig({
  ...sharedConfig,
  // A browser that computes beside other tests may need long.
  test: { ...sharedConfig.test, expect: { poll: { timeout: 120_000 } } },
});
