import type { Tensor } from "@huggingface/transformers";
import { EmbeddingGemmaError } from "../errors.ts";

/**
 * The numbers of a graph's output; some graphs in half precision also answer in it.
 *
 * @throws `MODEL_INCOMPLETE` for an output of whole numbers
 */
export function floatsOf({ data, type }: Pick<Tensor, "data" | "type">): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === "float16" && data instanceof Uint16Array)
    return Float32Array.from(data, halfToNumber);
  if (type === "float16" || type === "float64")
    return Float32Array.from(data as unknown as ArrayLike<number>);
  throw new EmbeddingGemmaError(
    "MODEL_INCOMPLETE",
    `The graph's output is of type ${type}, not of floating-point numbers. Use an ONNX file exported for feature extraction.`,
    { type },
  );
}

/** Sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return (
    sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
  );
}
