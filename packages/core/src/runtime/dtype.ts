/**
 * Weight types as Transformers.js names them; each is one file of the repository's `onnx` folder.
 */
export type Dtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "q4f16" | "bnb4";

/** The file of a dtype in a Transformers.js repository. */
export function weightsFile(dtype: Dtype): string {
  return `onnx/model${weightsSuffixes[dtype]}.onnx`;
}

/** A file beside the graph with weights that do not fit into it, or were put apart. */
export function dataFile(dtype: Dtype, index: number): string {
  return `${weightsFile(dtype)}_data${index === 0 ? "" : `_${index}`}`;
}

/** Every dtype, with the suffix that its file has. */
export const weightsSuffixes: Readonly<Record<Dtype, string>> = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
};
