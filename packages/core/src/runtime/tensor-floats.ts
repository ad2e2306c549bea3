import type { Tensor } from "@huggingface/transformers";
import { EmbeddingGemmaError } from "../errors.ts";

/**
 * The numbers of a model's output in single precision. The output of some models is in half
 * precision, like their weights.
 *
 * @throws `MODEL_INCOMPLETE` if the output is not of floating-point numbers
 */
export function floatsOf({ data, type }: Pick<Tensor, "data" | "type">): Float32Array {
  if (type === "float32") return ownFloats(data as Float32Array);
  if (type === "float16" && data.constructor.name === "Uint16Array")
    return Float32Array.from(data as Uint16Array, halfToNumber);
  if (type === "float16" || type === "float64")
    return Float32Array.from(data as unknown as ArrayLike<number>);
  throw new EmbeddingGemmaError(
    "MODEL_INCOMPLETE",
    `The output of the ONNX graph has the type ${type}, but must have floating-point numbers. ` +
      "Use an ONNX file exported for feature extraction.",
    { type },
  );
}

/** In a VM context, such as that of Jest, the runtime's arrays are of another class. */
export function ownFloats(numbers: Float32Array): Float32Array {
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers as Float32Array);
}

/** Decodes 1 bit of sign, 5 bits of exponent and 10 bits of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return (
    sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
  );
}
