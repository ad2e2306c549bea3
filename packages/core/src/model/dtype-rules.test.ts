import { expect, test } from "vitest";
import type { Dtype } from "../runtime/dtype.ts";
import { type DeviceOptions, faultOf } from "./dtype-rules.ts";
import { modelFamilies } from "./family-table.ts";

const gemma = modelFamilies.find(({ name }) => name === "EmbeddingGemma 300m");
const isOnArm = process.arch.startsWith("arm");
const providers = (...names: unknown[]) => ({ sessionOptions: { executionProviders: names } });

// Whether the dtype is known to give wrong vectors of EmbeddingGemma.
test.for<[Dtype, DeviceOptions, boolean]>([
  ["fp16", {}, isOnArm],
  ["fp16", { device: "cpu" }, isOnArm],
  ["fp16", { device: "wasm" }, false],
  ["fp16", { device: "webgpu" }, true],
  ["fp16", { device: "cuda" }, true],
  ["fp16", { device: "dml" }, true],
  ["fp16", { device: "coreml" }, true],
  ["fp16", { device: "gpu" }, true],
  ["fp16", { device: "auto" }, true],
  ["fp16", { device: "webnn-npu" }, true],
  ["fp16", providers("cuda", "cpu"), true],
  ["fp16", providers({ name: "coreml" }), true],
  ["fp16", { device: "webgpu", ...providers("wasm") }, false],
  ["q4f16", { device: "cpu" }, true],
  ["q4f16", { device: "wasm" }, true],
  ["q8", { device: "cpu" }, false],
  ["q8", { device: "webgpu" }, true],
  ["q8", { device: "gpu" }, true],
  ["q4", providers("webgpu"), true],
  ["q4", { device: "cuda" }, false],
  ["fp32", { device: "webgpu" }, false],
])("%s with %j: %j", ([dtype, options, isWrong]) => {
  expect(faultOf(dtype, options, gemma) !== undefined).toBe(isWrong);
});

test("models of other families have no such rules", () => {
  expect(faultOf("fp16", { device: "webgpu" }, null)).toBeUndefined();
  expect(faultOf("q8", { device: "webgpu" }, {})).toBeUndefined();
});
