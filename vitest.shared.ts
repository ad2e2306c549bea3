import { fileURLToPath } from "node:url";
import type { TestProjectInlineConfiguration, ViteUserConfig } from "vitest/config";

const conditions = ["@embeddinggemma/source"];

/**
 * Tests run on the sources of all packages, in processes: the FAISS addon kills a process that
 * loads it in two threads. The files of a project share one, and with it the modules that were
 * imported, which takes half the time of a process for each. So a test puts back what it changes
 * outside itself.
 */
export const sharedConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: "forks",
    isolate: false,
    globalSetup: fileURLToPath(new URL("./vitest.assets.ts", import.meta.url)),
    include: ["src/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
} satisfies ViteUserConfig;

/**
 * {@link sharedConfig} for a package whose tests load models: those run once with each major of
 * Transformers.js that is supported, the other tests once.
 *
 * @param modelTests - glob patterns of the files whose tests load models
 * @param options - replace those of {@link sharedConfig}
 */
export function withBothTransformers(
  modelTests: string[],
  options: { isolate?: boolean } = {},
): ViteUserConfig {
  const { resolve, ssr } = sharedConfig;
  const test = { ...sharedConfig.test, ...options };
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
