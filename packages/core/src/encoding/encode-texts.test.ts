import { expect, test } from "vitest";
import { testBackend, testDescription } from "../../test-support/test-embedder.ts";
import { withQueue } from "./embedding-model.ts";
import { encodeTexts } from "./encode-texts.ts";

/** Rows of the batches, and tokens of their longest text. */
async function batchesOf(operators: ReadonlySet<string> | undefined): Promise<number[][]> {
  const backend = testBackend();
  const model = withQueue({
    backend,
    description: testDescription,
    dtype: "q4",
    batchInvariant: true,
    identity: "test",
    operators,
  });
  const texts = [27, 15, 8].map((length) => ({ prompt: "", text: "x".repeat(length) }));
  await encodeTexts(model, texts, {
    dimension: 4,
    normalize: true,
    truncation: "cut",
    maxBatchTokens: 1024,
    priority: "bulk",
  });
  return backend.batches.map(({ rows, length }) => [rows, length]);
}

test("batches have less padding where the graph computes with packed weights", async () => {
  const fp32 = [
    [1, 29],
    [2, 17],
  ];
  expect(await batchesOf(undefined)).toEqual(fp32);
  expect(await batchesOf(new Set([":MatMul", "own:MatMulNBits"]))).toEqual(fp32);
  expect(await batchesOf(new Set([":MatMul", "com.microsoft:MatMulNBits"]))).toEqual([
    [1, 29],
    [1, 17],
    [1, 10],
  ]);
});
