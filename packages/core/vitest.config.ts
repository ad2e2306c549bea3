import { defineConfig, mergeConfig } from "vitest/config";
import { withBothTransformers } from "../../vitest.shared.ts";

// What does not depend on the release of Transformers.js runs once: files from the Hub, caches,
// adapters, servers, and what is computed from the runtime's output.
export default mergeConfig(
  withBothTransformers([
    "src/{encoding,graph,tokenizer}/*.int.test.ts",
    "src/files/{web/*,hub/damaged-files}.int.test.ts",
    "src/model/!(auto-dtype|fit-pooling|identity).int.test.ts",
    "src/runtime/**/!(session-pool|worker-backend|worker-ends).int.test.ts",
  ]),
  // No other package's tests take as long: on two cores, they would end alone.
  defineConfig({ test: { maxWorkers: 2 } }),
);
