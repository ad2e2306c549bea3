import { defineConfig } from "vitest/config";
import { withBothTransformers } from "../vitest.shared.ts";

export default defineConfig(withBothTransformers(["src/golden/golden.int.test.ts"]));
