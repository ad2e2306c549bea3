import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelFolder, RandomAccessFile } from "../files/model-folder.ts";
import { InvalidProtobuf, ProtobufReader } from "./protobuf-reader.ts";

/** What is read from an ONNX file without its weights. */
export interface OnnxGraph {
  /**
   * Files that contain weights of the graph, as paths in the repository, sorted. The graph names
   * them as it likes: `model.onnx_data`, `model.onnx.data`, `weights.bin`, one file per tensor.
   */
  readonly dataFiles: readonly string[];
  /** Operators of the graph as `domain:type`; the domain of ONNX itself is empty. */
  readonly operators: ReadonlySet<string>;
  /** What the caller has to give; weights are left out. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

/** An input or output of a graph. */
export interface GraphValue {
  readonly name: string;
  /** Number of its type in `TensorProto.DataType`; undefined if it is not a tensor. */
  readonly type: number | undefined;
  /** Its dimensions, null for those of any size; undefined if the graph does not say. */
  readonly shape: readonly (number | null)[] | undefined;
}

/**
 * Reads what an ONNX file takes, gives and uses. Weights are skipped, not read, so this
 * takes little time and memory for a file of any size.
 *
 * @param file - path in the repository of a file that is in the folder
 * @throws `MODEL_FILE_INVALID` if the file is damaged, or names a file outside of its own folder
 */
export async function readOnnxGraph(
  model: string,
  file: string,
  folder: Pick<ModelFolder, "path" | "open">,
): Promise<OnnxGraph> {
  const opened = await folder.open(file);
  try {
    const reader = new GraphReader(opened ?? emptyFile);
    await reader.readModel();
    const parent = file.slice(0, file.lastIndexOf("/") + 1);
    const dataFiles = new Set(Array.from(reader.locations, (location) => pathIn(parent, location)));
    const { operators, inputs, outputs } = reader;
    return { dataFiles: [...dataFiles].sort(), operators, inputs, outputs };
  } catch (cause) {
    if (!(cause instanceof InvalidGraph || cause instanceof InvalidProtobuf)) throw cause;
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `${file} of ${show(model)} is not a valid ONNX file: ${cause.message} (${folder.path}). ` +
        "Download it again or export it anew. If it is a pointer of Git LFS, run `git lfs pull`.",
      { model, file, folder: folder.path },
      { cause },
    );
  } finally {
    await opened?.close();
  }
}

class InvalidGraph extends Error {}

const emptyFile: RandomAccessFile = {
  size: 0,
  read: async () => new Uint8Array(),
  close: async () => {},
};

/** @param location - path relative to the graph's folder, which it must not leave */
function pathIn(parent: string, location: string): string {
  const parts = location.split("/").filter((part) => part !== "" && part !== ".");
  const leaves =
    /^([\\/]|[a-z]:)/i.test(location) || parts.some((part) => part.split("\\").includes(".."));
  if (leaves || parts.length === 0) {
    throw new InvalidGraph(`it keeps weights in ${show(location)}, which is not in its folder`);
  }
  return parent + parts.join("/");
}

type Message =
  | "Model"
  | "TrainingInfo"
  | "Graph"
  | "Function"
  | "Node"
  | "Attribute"
  | "SparseTensor"
  | "Tensor"
  | "Entry"
  | "Input"
  | "Output"
  | "Type"
  | "TensorType"
  | "Shape"
  | "Dimension";

/**
 * Fields with messages that may contain tensors or nodes, by their numbers.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: `Entry` is StringStringEntryProto,
 * `Input` and `Output` are ValueInfoProto, `TensorType` is TypeProto.Tensor, `Shape` is
 * TensorShapeProto; every other message has its name there plus `Proto`
 */
const children: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  // graph, training_info, functions
  Model: { 7: "Graph", 20: "TrainingInfo", 25: "Function" },
  // initialization, algorithm
  TrainingInfo: { 1: "Graph", 2: "Graph" },
  // node, initializer, input, output, sparse_initializer
  Graph: { 1: "Node", 5: "Tensor", 11: "Input", 12: "Output", 15: "SparseTensor" },
  // node, attribute_proto
  Function: { 7: "Node", 11: "Attribute" },
  // attribute
  Node: { 5: "Attribute" },
  // t, g, tensors, graphs, sparse_tensor, sparse_tensors
  Attribute: {
    5: "Tensor",
    6: "Graph",
    10: "Tensor",
    11: "Graph",
    22: "SparseTensor",
    23: "SparseTensor",
  },
  // values, indices
  SparseTensor: { 1: "Tensor", 2: "Tensor" },
  // external_data
  Tensor: { 13: "Entry" },
  Entry: {},
  // type
  Input: { 2: "Type" },
  Output: { 2: "Type" },
  // tensor_type
  Type: { 1: "TensorType" },
  // shape
  TensorType: { 2: "Shape" },
  // dim
  Shape: { 1: "Dimension" },
  Dimension: {},
};

/** Numbers of single fields; see {@link children}. */
const modelGraph = 7;
const nodeType = 4;
const nodeDomain = 7;
const entryKey = 1;
const entryValue = 2;
const tensorName = 8;
const tensorDataLocation = 14;
const valueName = 1;
const valueType = 2;
const typeTensor = 1;
const elementType = 1;
const typeShape = 2;
const shapeDimensions = 1;
const dimensionSize = 1;

/** Fields with a text to read. */
const texts: Readonly<Partial<Record<Message, readonly number[]>>> = {
  Node: [nodeType, nodeDomain],
  Entry: [entryKey, entryValue],
  Tensor: [tensorName],
  Input: [valueName],
  Output: [valueName],
};

/** Value of `data_location` for a tensor whose data is in a file of its own. */
const external = 1;

/** The model is at depth 1. */
const mainGraphDepth = 2;

/** As in protobuf, which refuses messages that are nested more deeply. */
const maxDepth = 100;

/** Walks through the messages of an ONNX file. */
class GraphReader {
  readonly locations = new Set<string>();
  readonly operators = new Set<string>();
  readonly outputs: GraphValue[] = [];
  readonly #inputs: GraphValue[] = [];
  /** Names of the weights, which older graphs also list as inputs. */
  readonly #weights = new Set<unknown>();
  readonly #bytes: ProtobufReader;
  readonly #size: number;

  constructor(file: RandomAccessFile) {
    this.#bytes = new ProtobufReader(file);
    this.#size = file.size;
  }

  get inputs(): GraphValue[] {
    return this.#inputs.filter(({ name }) => !this.#weights.has(name));
  }

  async readModel(): Promise<void> {
    const model = await this.#read("Model", this.#size, 1);
    if (!model.has(modelGraph)) throw new InvalidGraph("it has no graph");
  }

  /**
   * Reads a message up to `end`.
   *
   * @returns its texts, numbers and messages by field; of repeated messages the last one, but all
   * dimensions of a shape. Of a tensor's `external_data`, only `location` counts.
   */
  async #read(message: Message, end: number, depth: number): Promise<Map<number, unknown>> {
    const bytes = this.#bytes;
    if (depth > maxDepth) throw new InvalidGraph("its messages are nested too deeply");
    const fields = new Map<number, unknown>();
    let location: unknown;
    while (bytes.position < end) {
      const { number, value, length } = await bytes.nextField(end);
      const child = children[message][number];
      if (length === null) {
        fields.set(number, value);
      } else if (child) {
        const content = await this.#read(child, bytes.position + length, depth + 1);
        if (child === "Dimension") {
          const sizes = (fields.get(number) as unknown[] | undefined) ?? [];
          fields.set(number, [...sizes, sizeOf(content.get(dimensionSize))]);
        } else fields.set(number, content);
        if (message === "Graph" && depth === mainGraphDepth) this.#note(child, content);
        if (content.get(entryKey) === "location") location = content.get(entryValue) ?? "";
      } else if (texts[message]?.includes(number)) {
        fields.set(number, await bytes.text(length));
      } else {
        bytes.position += length;
      }
    }
    if (message === "Node") this.operators.add(operatorOf(fields));
    if (message === "Tensor" && fields.get(tensorDataLocation) === external) {
      this.locations.add(String(location ?? ""));
    }
    return fields;
  }

  /** Remembers what a part of the main graph says about its signature. */
  #note(part: Message, content: ReadonlyMap<number, unknown>): void {
    if (part === "Tensor") this.#weights.add(content.get(tensorName));
    if (part === "Input") this.#inputs.push(graphValueOf(content));
    if (part === "Output") this.outputs.push(graphValueOf(content));
  }
}

/** Some exporters write 0 or -1 for a dimension of any size. */
function sizeOf(size: unknown): number | null {
  return typeof size === "number" && size > 0 && size < 2 ** 31 ? size : null;
}

function graphValueOf(value: ReadonlyMap<number, unknown>): GraphValue {
  type Fields = ReadonlyMap<number, unknown> | undefined;
  const tensor = (value.get(valueType) as Fields)?.get(typeTensor) as Fields;
  const shape = tensor?.get(typeShape) as Fields;
  return {
    name: String(value.get(valueName) ?? ""),
    type: tensor?.get(elementType) as number | undefined,
    shape: shape && ((shape.get(shapeDimensions) as (number | null)[] | undefined) ?? []),
  };
}

function operatorOf(node: ReadonlyMap<number, unknown>): string {
  const domain = node.get(nodeDomain) ?? "";
  return `${domain === "ai.onnx" ? "" : domain}:${node.get(nodeType)}`;
}
