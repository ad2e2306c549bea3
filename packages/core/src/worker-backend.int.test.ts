import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Embedder } from "./embedder.ts";
const fixture = fileURLToPath(new URL("../../../test/fixtures/embeddinggemma", import.meta.url));
test("smoke", async () => {
  await using w = await Embedder.load(fixture, { dtype: "fp32", worker: true });
  await using m = await Embedder.load(fixture, { dtype: "fp32" });
  expect(await w.encodeQuery("hello")).toEqual(await m.encodeQuery("hello"));
  expect(w.identity).toBe(m.identity);
});
