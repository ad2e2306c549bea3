import { newNode, type OnnxModel, type OnnxNode } from "./onnx-model.ts";
import {
  consumersOf,
  isOperator,
  type QuantizedWeights,
  quantizedWeightsOf,
  sizeOf,
} from "./quantized-weights.ts";

/** Below this number of weights, it is not worth a file to convert them only once. */
const minWeights = 2 ** 24;

/**
 * Changes a graph that turns weights from 8 bits into fp32, for less time and memory:
 *
 * - A table of which only rows are looked up stays as it is. The rows are converted.
 * - Other weights become constants in fp32. The caller computes them.
 *
 * As it is, ONNX Runtime does DequantizeLinear in every inference, also for the whole table of
 * token embeddings, or fuses it with a product that rounds activations to 8 bits. Cast and Mul are
 * done when the model loads, where all numbers are held in memory twice.
 *
 * Every number stays the same.
 *
 * @param options.constants - whether weights become constants. If not, the others stay as they are
 * @returns the weights to compute; null if there is nothing to gain, or it is not safe
 */
export function dequantizeWeights(
  { graph }: OnnxModel,
  { constants }: { constants: boolean },
): readonly QuantizedWeights[] | null {
  // Operators such as If have graphs of their own, which may use any of these tensors.
  if (!graph || graph.node.some(hasSubgraph)) return null;
  const outputs = new Set(graph.output.map(({ name }) => name));
  const found = quantizedWeightsOf(graph).filter(({ numbers }) => !outputs.has(numbers.name));
  if (!found.some(convertsInEveryRun) && countOf(found) < minWeights) return null;
  const consumers = consumersOf(graph);
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  const computed = found.filter((weights) => {
    const { name } = weights.numbers;
    const uses = consumers.get(name) ?? [];
    const lookUps = canConvertRows(weights) ? uses.filter((use) => isRowLookUp(use, name)) : [];
    for (const use of lookUps) replaced.set(use, convertedRows(use, weights.nodes[0]!));
    const isUsedOtherwise = lookUps.length < uses.length;
    if (isUsedOtherwise && !constants) return false;
    for (const node of weights.nodes) replaced.set(node, []);
    return isUsedOtherwise;
  });
  if (replaced.size === 0) return null;
  graph.node = graph.node.flatMap((node) => replaced.get(node) ?? [node]);
  const used = new Set([...graph.node.flatMap(({ input }) => input), ...outputs]);
  graph.initializer = [...graph.initializer, ...computed.map(({ numbers }) => numbers)].filter(
    ({ name }) => used.has(name),
  );
  return computed;
}

/** Computes weights in fp32, rounded as ONNX Runtime rounds them. */
export function dequantized(
  { integers: { dims }, axis }: Pick<QuantizedWeights, "integers" | "axis">,
  integers: Int8Array | Uint8Array,
  scales: Float32Array,
  zeroPoints: Int8Array | Uint8Array | undefined,
): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(integers.length);
  // So many numbers next to each other have the same scale.
  const run = axis === null ? integers.length : sizeOf(dims.slice(axis + 1));
  for (let start = 0; start < integers.length; start += run) {
    const channel = (start / run) % scales.length;
    const scale = scales[channel]!;
    const zeroPoint = zeroPoints?.[channel] ?? 0;
    const end = start + run;
    for (let index = start; index < end; index++)
      numbers[index] = (integers[index]! - zeroPoint) * scale;
  }
  return numbers;
}

function convertsInEveryRun({ nodes: [first] }: QuantizedWeights): boolean {
  return isOperator(first!, "DequantizeLinear");
}

function countOf(weights: readonly QuantizedWeights[]): number {
  return weights.reduce((count, { integers }) => count + sizeOf(integers.dims), 0);
}

function canConvertRows(weights: QuantizedWeights): boolean {
  return weights.axis === null && convertsInEveryRun(weights);
}

function isRowLookUp(node: OnnxNode, table: string): boolean {
  const axis = node.attribute.find(({ name }) => name === "axis")?.i ?? 0n;
  const [looked, indices] = node.input;
  return isOperator(node, "Gather") && axis === 0n && looked === table && indices !== table;
}

/** Looks up rows of integers, and converts these. */
function convertedRows(lookUp: OnnxNode, dequantize: OnnxNode): readonly OnnxNode[] {
  const rows = `${lookUp.output[0]}_integers`;
  const [integers, ...scaleAndZeroPoint] = dequantize.input;
  return [
    newNode({
      opType: "Gather",
      input: [integers!, lookUp.input[1]!],
      output: [rows],
      attribute: lookUp.attribute,
    }),
    newNode({
      opType: "DequantizeLinear",
      input: [rows, ...scaleAndZeroPoint],
      output: lookUp.output,
      attribute: [],
    }),
  ];
}

function hasSubgraph({ attribute }: OnnxNode): boolean {
  return attribute.some(({ g, graphs }) => g.length > 0 || graphs.length > 0);
}
