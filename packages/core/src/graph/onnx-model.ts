import { create, createFileRegistry, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * The parts of an ONNX file that are changed here. All others are kept as unknown fields.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: each message has its name there plus
 * `Proto`
 */
export interface OnnxModel {
  graph?: OnnxGraphParts;
}

export interface OnnxGraphParts {
  node: OnnxNode[];
  initializer: OnnxTensor[];
  output: { name: string }[];
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain: string;
  attribute: OnnxAttribute[];
}

interface OnnxAttribute {
  name: string;
  /** Its value if it is an integer. */
  i: bigint;
  /** The binary form of its value if it is a graph or graphs. */
  g: Uint8Array;
  graphs: Uint8Array[];
}

export interface OnnxTensor {
  name: string;
  dims: bigint[];
  /** `TensorProto.DataType` */
  dataType: number;
  /** Its data in their binary form; otherwise, those of a small tensor are in a typed field. */
  rawData: Uint8Array;
  floatData: number[];
  /** Of all types of integers up to 32 bits. */
  int32Data: number[];
  externalData: { key: string; value: string }[];
  /** `TensorProto.DataLocation`: 0 in the file, 1 in another one. */
  dataLocation: number;
}

type FieldType = "STRING" | "BYTES" | "FLOAT" | "INT32" | "INT64" | (string & {});

/** Name, number, and type of each field: a scalar, or the name of a message. */
const messages: Readonly<
  Record<string, readonly (readonly [string, number, FieldType, "repeated"?])[]>
> = {
  Model: [["graph", 7, "Graph"]],
  Graph: [
    ["node", 1, "Node", "repeated"],
    ["initializer", 5, "Tensor", "repeated"],
    ["output", 12, "ValueInfo", "repeated"],
  ],
  Node: [
    ["input", 1, "STRING", "repeated"],
    ["output", 2, "STRING", "repeated"],
    ["name", 3, "STRING"],
    ["op_type", 4, "STRING"],
    ["domain", 7, "STRING"],
    ["attribute", 5, "Attribute", "repeated"],
  ],
  Attribute: [
    ["name", 1, "STRING"],
    ["i", 3, "INT64"],
    ["g", 6, "BYTES"],
    ["graphs", 11, "BYTES", "repeated"],
  ],
  Tensor: [
    ["dims", 1, "INT64", "repeated"],
    ["data_type", 2, "INT32"],
    ["float_data", 4, "FLOAT", "repeated"],
    ["int32_data", 5, "INT32", "repeated"],
    ["name", 8, "STRING"],
    ["raw_data", 9, "BYTES"],
    ["external_data", 13, "Entry", "repeated"],
    ["data_location", 14, "INT32"],
  ],
  ValueInfo: [["name", 1, "STRING"]],
  Entry: [
    ["key", 1, "STRING"],
    ["value", 2, "STRING"],
  ],
};

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    syntax: "proto2",
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: fields.map(([name, number, type, repeated]) => {
        const scalar = FieldDescriptorProto_Type[type as keyof typeof FieldDescriptorProto_Type];
        return {
          name,
          number,
          label: repeated
            ? FieldDescriptorProto_Label.REPEATED
            : FieldDescriptorProto_Label.OPTIONAL,
          ...(scalar === undefined
            ? { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}` }
            : { type: scalar }),
        };
      }),
    })),
  }),
  () => undefined,
);

const schemaOf = (name: string) => registry.getMessage(name)!;

/** @throws if the bytes are not a protobuf message */
export function parseOnnx(bytes: Uint8Array): OnnxModel {
  return fromBinary(schemaOf("Model"), bytes) as Message as Message & OnnxModel;
}

/** The binary form of a model from {@link parseOnnx}. */
export function serializeOnnx(model: OnnxModel): Uint8Array {
  return toBinary(schemaOf("Model"), model as Message & OnnxModel);
}

export function newNode(
  node: Pick<OnnxNode, "opType" | "input" | "output" | "attribute">,
): OnnxNode {
  return create(schemaOf("Node"), { ...node, name: node.output[0] }) as Message as Message &
    OnnxNode;
}

export function newTensor(
  tensor: Pick<OnnxTensor, "name" | "dims" | "dataType"> &
    Partial<Pick<OnnxTensor, "rawData" | "floatData" | "int32Data">>,
): OnnxTensor {
  return create(schemaOf("Tensor"), { ...tensor }) as Message as Message & OnnxTensor;
}

/** Where the data of a tensor are that are not in the graph itself. */
export interface ExternalPlace {
  /** The entry with the path of the file, relative to the graph's folder. */
  readonly location: { value: string };
  readonly offset: number;
  /** Number of bytes; undefined if the graph does not say, for all to the end of the file. */
  readonly length: number | undefined;
}

/** Returns null if the data are in the graph. */
export function externalPlaceOf({ dataLocation, externalData }: OnnxTensor): ExternalPlace | null {
  const entryOf = (name: string) => externalData.find(({ key }) => key === name);
  const location = entryOf("location");
  if (dataLocation !== external || !location) return null;
  const length = entryOf("length")?.value;
  return {
    location,
    offset: Number(entryOf("offset")?.value ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

/** Says where the data of a tensor from {@link newTensor} are. */
export function placeExternally(
  tensor: OnnxTensor,
  place: { location: string; offset: number; length: number },
): void {
  tensor.dataLocation = external;
  tensor.externalData = Object.entries(place).map(([key, value]) =>
    create(schemaOf("Entry"), { key, value: String(value) }),
  ) as unknown as OnnxTensor["externalData"];
}

/** `TensorProto.DataLocation.EXTERNAL` */
const external = 1;
