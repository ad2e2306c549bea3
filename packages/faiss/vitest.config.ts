import { defineConfig } from "vitest/config";
import { sharedConfig } from "../../vitest.shared.ts";

// Tests count, stop and kill the FAISS processes that their own process has started.
export default defineConfig({ ...sharedConfig, test: { ...sharedConfig.test, isolate: true } });
