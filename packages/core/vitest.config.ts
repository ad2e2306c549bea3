import { defineConfig } from "vitest/config";
import { withBothTransformers } from "../../vitest.shared.ts";

// What does not depend on the release of Transformers.js, and takes long, runs once.
export default defineConfig(withBothTransformers(["src/**/!(session-pool).int.test.ts"]));
