import { newTensor, type OnnxGraphParts, type OnnxNode, type OnnxTensor } from "./onnx-model.ts";

/** Weights in 8 bits that a graph turns into fp32: `(integer − zeroPoint) × scale`. */
export interface QuantizedWeights {
  readonly integers: OnnxTensor;
  readonly scale: OnnxTensor;
  readonly zeroPoint: OnnxTensor | undefined;
  /** The axis that `scale` has a number for each index of; null if it is one number. */
  readonly axis: number | null;
  /** The nodes that do it: DequantizeLinear, or Cast and Mul. */
  readonly nodes: readonly OnnxNode[];
  /** The weights in fp32, without data. */
  readonly numbers: OnnxTensor;
}

/** `TensorProto.DataType` */
export const dataTypes = { float: 1, uint8: 2, int8: 3 } as const;

/** Number of elements of a tensor. */
export function sizeOf(dims: readonly bigint[]): number {
  return dims.reduce((product, size) => product * Number(size), 1);
}

/** The nodes that use each result, by its name. */
export function consumersOf({ node: nodes }: OnnxGraphParts): ReadonlyMap<string, OnnxNode[]> {
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of new Set(node.input)) {
      const known = consumers.get(name);
      if (known) known.push(node);
      else consumers.set(name, [node]);
    }
  }
  return consumers;
}

/** Finds all weights in 8 bits. */
export function quantizedWeightsOf(graph: OnnxGraphParts): readonly QuantizedWeights[] {
  const tensors = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const consumers = consumersOf(graph);
  return graph.node.flatMap((node) => {
    if (isOperator(node, "DequantizeLinear")) return dequantizedLinearly(node, tensors) ?? [];
    if (isOperator(node, "Cast")) return castAndScaled(node, tensors, consumers) ?? [];
    return [];
  });
}

/** Whether a node is this operator of ONNX itself. */
export function isOperator({ opType, domain }: OnnxNode, operator: string): boolean {
  return opType === operator && (domain === "" || domain === "ai.onnx");
}

type Tensors = ReadonlyMap<string, OnnxTensor>;

function dequantizedLinearly(node: OnnxNode, tensors: Tensors): QuantizedWeights | null {
  const [integers, scale, zeroPoint] = node.input.map((name) => tensors.get(name));
  if (!integers || !scale || (node.input[2] && !zeroPoint)) return null;
  if (zeroPoint && zeroPoint.dataType !== integers.dataType) return null;
  if (zeroPoint && sizeOf(zeroPoint.dims) !== sizeOf(scale.dims)) return null;
  // Other attributes: scales of blocks, or another type of the result.
  if (node.attribute.some(({ name, i }) => name !== "axis" && i !== 0n)) return null;
  const given = Number(node.attribute.find(({ name }) => name === "axis")?.i ?? 1n);
  const axis = given < 0 ? given + integers.dims.length : given;
  return weightsOf({ integers, scale, zeroPoint }, axis, [node]);
}

/** `integers → Cast → Mul ← scale` */
function castAndScaled(
  cast: OnnxNode,
  tensors: Tensors,
  consumers: ReadonlyMap<string, readonly OnnxNode[]>,
): QuantizedWeights | null {
  const integers = tensors.get(cast.input[0]!);
  const [multiply, ...others] = consumers.get(cast.output[0]!) ?? [];
  if (!integers || !multiply || others.length > 0 || !isOperator(multiply, "Mul")) return null;
  const to = cast.attribute.find(({ name }) => name === "to")?.i;
  const scale = tensors.get(multiply.input.find((name) => name !== cast.output[0]) ?? "");
  if (Number(to) !== dataTypes.float || !scale) return null;
  const axis = scale.dims.findIndex((size) => size !== 1n);
  if (axis >= 0 && scale.dims.length !== integers.dims.length) return null;
  return weightsOf({ integers, scale, zeroPoint: undefined }, axis, [cast, multiply]);
}

function weightsOf(
  tensors: Pick<QuantizedWeights, "integers" | "scale" | "zeroPoint">,
  axis: number,
  nodes: readonly OnnxNode[],
): QuantizedWeights | null {
  const { integers, scale } = tensors;
  const { float, int8, uint8 } = dataTypes;
  if (integers.dataType !== int8 && integers.dataType !== uint8) return null;
  if (scale.dataType !== float) return null;
  const isOneNumber = sizeOf(scale.dims) === 1;
  if (!isOneNumber && Number(integers.dims[axis]) !== sizeOf(scale.dims)) return null;
  const name = nodes.at(-1)!.output[0]!;
  const numbers = newTensor({ name, dims: integers.dims, dataType: float });
  return { ...tensors, axis: isOneNumber ? null : axis, nodes, numbers };
}
