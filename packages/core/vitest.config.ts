import { defineConfig } from "vitest/config";
import { withBothTransformers } from "../../vitest.shared.ts";

export default defineConfig(withBothTransformers(["src/**/*.int.test.ts"]));
