import { expect, test } from "vitest";
import { chooseGraph, dtypeReasonOf } from "./choose-graph.ts";
import type { DeviceOptions } from "./dtype-rules.ts";
import { modelFamilies } from "./family-table.ts";

const gemma = modelFamilies.find(({ name }) => name === "EmbeddingGemma 300m");

/** A folder on a server that lists nothing. */
const folderWith = (...files: string[]) => ({
  provide: async (file: string) => files.includes(file),
  mayHave: async () => false,
  list: async () => [],
});

test.for<[DeviceOptions, string[], string]>([
  [{}, ["onnx/model.onnx", "onnx/model_quantized.onnx"], "q8: on cpu"],
  [{}, ["onnx/model_q4.onnx"], "q4: on cpu"],
  [{ device: "webgpu" }, ["onnx/model.onnx", "onnx/model_quantized.onnx"], "fp32: on webgpu"],
  [
    { sessionOptions: { executionProviders: ["webgpu", "wasm"] } },
    ["onnx/model.onnx", "onnx/model_quantized.onnx"],
    "fp32: on webgpu",
  ],
  [
    { device: "webgpu", sessionOptions: { executionProviders: [{ name: "cpu" }] } },
    ["onnx/model.onnx", "onnx/model_quantized.onnx"],
    "q8: on cpu",
  ],
])("with %j, of %j: %s", async ([options, files, expected]) => {
  const { dtype } = await chooseGraph(folderWith(...files), options, gemma);
  expect(dtypeReasonOf(options, dtype)).toMatch(new RegExp(`^${expected}, `));
});

test("a dtype that is wrong on the device is not taken, even if there is no other", async () => {
  const folder = folderWith("onnx/model_quantized.onnx", "onnx/model_q4.onnx");
  expect((await chooseGraph(folder, { device: "webgpu" }, gemma)).dtype).toBe("fp32");
  expect((await chooseGraph(folder, { device: "webgpu" }, null)).dtype).toBe("q8");
});
