import { fileURLToPath } from "node:url";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";

const conditions = ["@embeddinggemma/source"];

/**
 * Tests run on the sources of all packages, each file in a process of its own: the FAISS addon
 * kills a process that loads it in two threads.
 */
export const sharedConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    globalSetup: fileURLToPath(new URL("./vitest.assets.ts", import.meta.url)),
    include: ["src/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
} satisfies ViteUserConfig;

/**
 * {@link sharedConfig} for a package whose tests load models: those run once with each major of
 * Transformers.js that is supported, the other tests once.
 *
 * @param modelTests - glob patterns of the files whose tests load models
 */
export function withBothTransformers(modelTests: string[]): ViteUserConfig {
  const { resolve, ssr, test } = sharedConfig;
  const onMajor = (major: string, module: string): TestProjectInlineConfiguration => ({
    resolve: { ...resolve, alias: { "@huggingface/transformers": module } },
    ssr,
    test: {
      ...test,
      name: `transformers-${major}`,
      include: modelTests,
      env: { TRANSFORMERS_MAJOR: major },
    },
  });
  return {
    test: {
      projects: [
        { resolve, ssr, test: { ...test, name: "once", exclude: modelTests } },
        onMajor("3", "@huggingface/transformers"),
        onMajor("4", "transformers-v4"),
      ],
    },
  };
}
