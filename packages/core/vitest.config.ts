import { defineConfig } from "vitest/config";
import { withBothTransformers } from "../../vitest.shared.ts";

// What does not depend on the release of Transformers.js runs once: files from the Hub, caches,
// adapters, servers, and what is computed from the runtime's output.
export default defineConfig(
  withBothTransformers([
    "src/{encoding,graph,tokenizer}/*.int.test.ts",
    "src/files/{web/*,hub/damaged-files}.int.test.ts",
    "src/model/!(auto-dtype|fit-pooling|identity).int.test.ts",
    "src/runtime/**/!(session-pool|worker-ends).int.test.ts",
  ]),
);
