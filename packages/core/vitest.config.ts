import { defineConfig } from "vitest/config";
import { withBothTransformers } from "../../vitest.shared.ts";

// The README's code also starts a worker, which finds the workspace's Transformers.js and no other.
export default defineConfig(withBothTransformers(["src/**/!(readme).int.test.ts"]));
