import { dequantizeWeights } from "./dequantize-weights.ts";
import { parseOnnx, serializeOnnx } from "./onnx-model.ts";

/**
 * Changes only how rows of tables in 8 bits are looked up, see {@link dequantizeWeights}.
 *
 * @returns null if there is nothing to gain
 */
export function rewriteLookUps(graph: Uint8Array): Uint8Array | null {
  const model = parseOnnx(graph);
  return dequantizeWeights(model, { constants: false }) && serializeOnnx(model);
}
