import { readFile, writeFile } from "node:fs/promises";
import {
  newNode,
  newTensor,
  type OnnxNode,
  type OnnxTensor,
  parseOnnx,
  serializeOnnx,
} from "../src/graph/onnx-model.ts";
import { dataTypes, sizeOf } from "../src/graph/quantized-weights.ts";

/** How weights are written. */
export interface Quantization {
  /** One scale for each output of a matrix, instead of one for all numbers. */
  perChannel?: boolean;
  /** uint8 with a zero point, instead of int8. */
  unsigned?: boolean;
  /** Scales and zero points in typed fields, as ONNX Runtime's quantizer writes them. */
  typed?: boolean;
}

/**
 * Turns the matrices and the table of an ONNX file in fp32 into integers behind DequantizeLinear,
 * as in published files of 8 bits.
 */
export async function quantizeGraph(
  source: string,
  target: string,
  { perChannel = false, unsigned = false, typed = false }: Quantization = {},
): Promise<void> {
  const model = parseOnnx(await readFile(source));
  const graph = model.graph!;
  const matrices = new Map(
    graph.initializer
      .filter(({ dataType, dims }) => dataType === dataTypes.float && dims.length === 2)
      .map((tensor) => [tensor.name, tensor]),
  );
  const added = new Map<string, readonly OnnxNode[]>();
  const quantized = (name: string): string => {
    const tensor = matrices.get(name);
    if (!tensor) return name;
    const result = `${name}_numbers`;
    if (added.has(name)) return result;
    const isTable = graph.node.some(
      ({ opType, input }) => opType === "Gather" && input[0] === name,
    );
    const parts = quantizedTensor(tensor, { perChannel: perChannel && !isTable, unsigned, typed });
    graph.initializer.push(...parts);
    const input = parts.map((part) => part.name);
    const node = newNode({ opType: "DequantizeLinear", input, output: [result], attribute: [] });
    added.set(name, [node]);
    return result;
  };
  const nodes = graph.node.map((node) => {
    if (["MatMul", "Gemm", "Gather"].includes(node.opType)) node.input = node.input.map(quantized);
    return node;
  });
  graph.node = [...[...added.values()].flat(), ...nodes];
  graph.initializer = graph.initializer.filter(({ name }) => !added.has(name));
  await writeFile(target, serializeOnnx(model));
}

function quantizedTensor(
  { name, dims, rawData }: OnnxTensor,
  { perChannel, unsigned, typed }: Required<Quantization>,
): OnnxTensor[] {
  const numbers = new Float32Array(new Uint8Array(rawData).buffer);
  const columns = perChannel ? Number(dims[1]) : 1;
  const scales = new Float32Array(columns);
  numbers.forEach((number, index) => {
    const column = index % columns;
    scales[column] = Math.max(scales[column]!, Math.abs(number) / 127, 1e-9);
  });
  const shift = unsigned ? 128 : 0;
  const integers = Uint8Array.from(
    numbers,
    (number, index) => Math.round(number / scales[index % columns]!) + shift,
  );
  const { float, int8, uint8 } = dataTypes;
  const type = unsigned ? uint8 : int8;
  const size = perChannel ? [BigInt(columns)] : [];
  const tensors = [
    newTensor({ name: `${name}_integers`, dims, dataType: type, rawData: integers }),
    newTensor({
      name: `${name}_scale`,
      dims: size,
      dataType: float,
      ...(typed ? { floatData: [...scales] } : { rawData: new Uint8Array(scales.buffer) }),
    }),
  ];
  if (!unsigned) return tensors;
  const zeroPoints = new Uint8Array(sizeOf(size)).fill(shift);
  return [
    ...tensors,
    newTensor({
      name: `${name}_zero`,
      dims: size,
      dataType: type,
      ...(typed ? { int32Data: [...zeroPoints] } : { rawData: zeroPoints }),
    }),
  ];
}
