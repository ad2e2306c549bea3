import { defineConfig } from "vitest/config";
import { sharedConfig } from "../../vitest.shared.ts";

/** `npm run screenshots` takes pictures with the tools of the tests. */
export default defineConfig({
  ...sharedConfig,
  test: { ...sharedConfig.test, include: ["src/testing/screenshots.ts"] },
});
