import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Embedder } from "../embedder.ts";
import { similarity } from "../vectors/similarity.ts";
import { faultOf } from "./dtype-rules.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));

// On Arm, ONNX Runtime has kernels for fp16, and the rule is that fp16 is refused there.
test("on cpu, fp16 is refused unless the runtime computes in fp32", async () => {
  const folder = await mkdtemp(join(tmpdir(), "half-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(fixtures, "bert-mean"), folder, { recursive: true });
  // Both give the same hidden states, up to scale; `half` only in fp32, as its product overflows.
  await cp(join(fixtures, "graphs/half.onnx"), join(folder, "onnx/model_fp16.onnx"));
  await cp(join(fixtures, "graphs/dynamic-constant.onnx"), join(folder, "onnx/model.onnx"));
  const vectorsOf = async (dtype: "fp16" | "fp32") => {
    await using embedder = await Embedder.load(folder, { dtype });
    return embedder.encode(["planet", "an", "4", "Mars is red."]);
  };
  const expected = await vectorsOf("fp32");
  const isExact = await vectorsOf("fp16").then(
    (vectors) =>
      vectors.every((vector, index) => similarity(vector, expected[index]!)[0]![0]! > 0.99999),
    () => false,
  );
  const isRefused = faultOf("fp16", {}, { halfPrecision: "too large" }) !== undefined;
  expect(isExact || isRefused).toBe(true);
  expect(isRefused).toBe(process.arch.startsWith("arm"));
});
