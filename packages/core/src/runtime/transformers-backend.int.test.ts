import { fileURLToPath } from "node:url";
import { env } from "@huggingface/transformers";
import { expect, test } from "vitest";
import { loadTransformersBackend } from "./transformers-backend.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));

test("runs on the major of Transformers.js that the test run asks for", () => {
  expect(env.version.split(".")[0]).toBe(process.env.TRANSFORMERS_MAJOR);
});

test("loading changes nothing global of Transformers.js", async () => {
  const before = structuredClone(settings());
  const backend = await loadTransformersBackend(`${fixtures}embeddinggemma`, { dtype: "fp32" });
  await backend.dispose();
  expect(settings()).toEqual(before);
});

function settings(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(env)) as Record<string, unknown>;
}
