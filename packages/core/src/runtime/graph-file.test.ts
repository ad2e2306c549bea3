import { describe, expect, test } from "vitest";
import type { Dtype } from "./dtype.ts";
import {
  type GraphFileOptions,
  isInnerPath,
  namedGraphFile,
  type TransformersFile,
  transformersFileOf,
} from "./graph-file.ts";

const fileOf = (options: GraphFileOptions) => namedGraphFile(options)!;

describe("namedGraphFile", () => {
  // What Transformers.js loads for the same dtype, model_file_name and subfolder.
  test.for<[GraphFileOptions, string, Dtype]>([
    [{ dtype: "q8" }, "onnx/model_quantized.onnx", "q8"],
    [{ dtype: "fp32" }, "onnx/model.onnx", "fp32"],
    [{ dtype: "q4f16" }, "onnx/model_q4f16.onnx", "q4f16"],
    [{ dtype: "fp32", subfolder: "" }, "model.onnx", "fp32"],
    [{ dtype: "q4", subfolder: "exports/new/" }, "exports/new/model_q4.onnx", "q4"],
    [{ dtype: "q4", modelFile: "model_no_gather" }, "onnx/model_no_gather_q4.onnx", "q4"],
    [{ dtype: "fp32", modelFile: "text_model" }, "onnx/text_model.onnx", "fp32"],
    [{ dtype: "q8", modelFile: "a.b", subfolder: "" }, "a.b_quantized.onnx", "q8"],
  ])("%j, as Transformers.js", ([options, path, dtype]) => {
    expect(fileOf(options)).toEqual({ path, dtype });
  });

  // What Sentence Transformers loads for the same file_name and subfolder.
  test.for<[GraphFileOptions, string, Dtype]>([
    [{ modelFile: "model" }, "onnx/model.onnx", "fp32"],
    [{ modelFile: "model_O3.onnx" }, "onnx/model_O3.onnx", "fp32"],
    [{ modelFile: "onnx/model_O4.onnx" }, "onnx/model_O4.onnx", "fp16"],
    [{ modelFile: "model_qint8_avx512_vnni" }, "onnx/model_qint8_avx512_vnni.onnx", "int8"],
    [{ modelFile: "onnx/model_quint8_avx2.onnx" }, "onnx/model_quint8_avx2.onnx", "uint8"],
    [{ modelFile: "model.onnx", subfolder: "" }, "model.onnx", "fp32"],
    [{ modelFile: "int8/model.onnx", subfolder: "" }, "int8/model.onnx", "fp32"],
  ])("%j, as Sentence Transformers", ([options, path, dtype]) => {
    expect(fileOf(options)).toEqual({ path, dtype });
  });

  test.for<[GraphFileOptions, string, Dtype]>([
    [{ modelFile: "model_no_gather_q4" }, "onnx/model_no_gather_q4.onnx", "q4"],
    [{ modelFile: "model_q4f16.onnx" }, "onnx/model_q4f16.onnx", "q4f16"],
    [{ modelFile: "model_quantized", dtype: "q8" }, "onnx/model_quantized.onnx", "q8"],
    [{ modelFile: "model_quantized.onnx", dtype: "q8" }, "onnx/model_quantized.onnx", "q8"],
    [{ modelFile: "my.onnx", dtype: "fp32" }, "onnx/my.onnx", "fp32"],
  ])("%j, a name with its dtype", ([options, path, dtype]) => {
    expect(fileOf(options)).toEqual({ path, dtype });
  });

  test("options that name neither a dtype nor a file", () => {
    expect(namedGraphFile({})).toBeNull();
    expect(namedGraphFile({ dtype: "auto", subfolder: "" })).toBeNull();
    expect(namedGraphFile({ dtype: "auto", modelFile: "a" })?.path).toBe("onnx/a.onnx");
  });

  test.for<[GraphFileOptions, RegExp]>([
    [{ modelFile: "model_q4", dtype: "q8" }, /is a file of dtype q4, .* `dtype` is "q8"/],
    [{ modelFile: "model_qint8_avx2", dtype: "fp32" }, /is a file of dtype int8/],
    [{ modelFile: "my.onnx", dtype: "q4" }, /whole name .* set `modelFile` to "my" .* my_q4\.onnx/],
    [{ modelFile: "onnx/a.onnx", subfolder: "onnx" }, /already names a folder/],
  ])("%j is refused", ([options, message]) => {
    expect(() => fileOf(options)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });
});

test.for<[string, TransformersFile]>([
  ["onnx/model.onnx", { subfolder: "onnx", model_file_name: "model", dtype: "fp32" }],
  ["onnx/model_quantized.onnx", { subfolder: "onnx", model_file_name: "model", dtype: "q8" }],
  ["model_q4.onnx", { subfolder: "", model_file_name: "model", dtype: "q4" }],
  ["a/b/model_O4.onnx", { subfolder: "a/b", model_file_name: "model_O4", dtype: "fp32" }],
])("Transformers.js gets the options for %s", ([modelFile, expected]) => {
  const subfolder = modelFile.includes("/") ? undefined : "";
  expect(transformersFileOf(fileOf({ modelFile, subfolder }))).toEqual(expected);
});

test.for([
  "",
  "..",
  "../model",
  "onnx/../../model",
  "onnx/..",
  "./model",
  "/model",
  "onnx//model",
  "onnx/",
  "..\\model",
  "onnx\\model",
  "C:/model",
  "c:model",
  "model\0",
])("%j leaves the folder, or is no path", (path) => {
  expect(isInnerPath(path)).toBe(false);
});

test.for(["model", "a/b/c.onnx", "..model", "model..", "größe 1/模型"])("%j is a path", (path) => {
  expect(isInnerPath(path)).toBe(true);
});
