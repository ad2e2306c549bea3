import type { ViteUserConfig } from "vitest/config";

const conditions = ["@embeddinggemma/source"];

/**
 * Tests run on the sources of all packages, each file in a process of its own: the FAISS addon kills a process that loads it in
 * two threads.
 */
export const sharedConfig: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    include: ["src/**/*.test.ts"],
    typecheck: { enabled: true, include: ["src/**/*.test-d.ts"], ignoreSourceErrors: false },
    testTimeout: 30_000,
  },
};
