import { defineConfig } from "vitest/config";
import { sharedConfig } from "../../vitest.shared.ts";

// These count, stop and kill the FAISS processes that their own process has started.
const withOwnProcess = ["src/index/{engine-process,faiss-engine,time-limit}.int.test.ts"];
const { resolve, ssr, test } = sharedConfig;

export default defineConfig({
  test: {
    maxWorkers: 2, // They wait for the FAISS processes that they start.
    projects: [
      { resolve, ssr, test: { ...test, name: "shared", exclude: withOwnProcess } },
      { resolve, ssr, test: { ...test, name: "own", include: withOwnProcess, isolate: true } },
    ],
  },
});
