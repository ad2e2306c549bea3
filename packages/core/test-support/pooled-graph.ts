import { readFile, writeFile } from "node:fs/promises";
import { change, fieldsOf } from "./external-data.ts";
import { bytes, field, number, text } from "./protobuf.ts";

export interface PooledGraphOptions {
  pooling: "mean" | "cls";
  /** Whether `sentence_embedding` has unit length. @default false */
  normalized?: boolean;
  /** Whether the output `last_hidden_state` stays. @default true */
  hiddenStates?: boolean;
}

/**
 * Adds the output `sentence_embedding` to an ONNX file that has only `last_hidden_state`.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: field 7 of ModelProto is the graph;
 * of the graph 1 are the nodes, 5 the initializers and 12 the outputs
 */
export async function addSentenceEmbedding(
  path: string,
  { pooling, normalized = false, hiddenStates = true }: PooledGraphOptions,
): Promise<void> {
  const pooled = normalized ? "pooled" : "sentence_embedding";
  const parts = {
    cls: [
      constant("first", 0),
      node("Gather", ["last_hidden_state", "first"], pooled, [attribute("axis", 1)]),
    ],
    mean: [
      constant("last_axis", [2]),
      constant("token_axis", [1]),
      node("Cast", ["attention_mask"], "mask", [attribute("to", 1)]),
      node("Unsqueeze", ["mask", "last_axis"], "mask_3d"),
      node("Mul", ["last_hidden_state", "mask_3d"], "masked"),
      node("ReduceSum", ["masked", "token_axis"], "sum", [attribute("keepdims", 0)]),
      node("ReduceSum", ["mask_3d", "token_axis"], "count", [attribute("keepdims", 0)]),
      node("Div", ["sum", "count"], pooled),
    ],
  }[pooling];
  if (normalized) parts.push(node("LpNormalization", [pooled], "sentence_embedding"));
  const model = change(await readFile(path), 7, (graph) =>
    Buffer.concat([
      ...fieldsOf(graph)
        .filter((found) => found.number !== 12 || hiddenStates)
        .map((found) => found.bytes),
      ...parts,
      field(12, text(1, "sentence_embedding"), floatTensorType),
    ]),
  );
  await writeFile(path, model);
}

/** NodeProto, a field of the graph: 1 inputs, 2 outputs, 4 the type, 5 attributes. */
function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[] = [],
): Uint8Array {
  return field(
    1,
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, type),
    ...attributes,
  );
}

/** AttributeProto: 1 the name, 3 an integer, 20 the type, of which 2 is an integer. */
function attribute(name: string, value: number): Uint8Array {
  return field(5, text(1, name), number(3, value), number(20, 2));
}

/** TensorProto, a field of the graph: 1 the dimension, 2 the type, 8 the name, 9 the bytes. */
function constant(name: string, value: number | [number]): Uint8Array {
  const dimension = Array.isArray(value) ? number(1, 1) : bytes();
  const integer = bytes([value].flat(), new Uint8Array(7));
  return field(5, dimension, number(2, 7), text(8, name), field(9, integer));
}

/** ValueInfoProto: 2 the type, 1 of which is a tensor, 1 of which is the element type float. */
const floatTensorType = field(2, field(1, number(1, 1)));
