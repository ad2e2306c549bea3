import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytes, field, number, text } from "../../../packages/core/test-support/protobuf.ts";

const bert = join(import.meta.dirname, "../../fixtures/bert-cls");

/**
 * Writes a model with the files and the inputs of a cross-encoder. It counts how many tokens of the
 * first text are in the second one.
 */
export async function writeWordOverlapModel(folder: string): Promise<void> {
  await mkdir(join(folder, "onnx"), { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await cp(join(bert, file), join(folder, file));
  const config = JSON.parse(await readFile(join(bert, "config.json"), "utf8"));
  config.architectures = ["BertForSequenceClassification"];
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "onnx/model_quantized.onnx"), wordOverlapGraph());
}

/** @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
function wordOverlapGraph(): Uint8Array {
  const inputs = ["input_ids", "attention_mask", "token_type_ids"];
  const graph = field(
    7,
    node("Unsqueeze", ["input_ids", "2"], "tokens"),
    node("Unsqueeze", ["input_ids", "1"], "others"),
    node("Equal", ["tokens", "others"], "equal"),
    node("Cast", ["equal"], "equal_numbers", integer("to", 1)),
    node("Sub", ["attention_mask", "token_type_ids"], "first_text"),
    node("Cast", ["first_text"], "first_numbers", integer("to", 1)),
    node("Cast", ["token_type_ids"], "second_numbers", integer("to", 1)),
    node("Unsqueeze", ["first_numbers", "2"], "first"),
    node("Unsqueeze", ["second_numbers", "1"], "second"),
    node("Mul", ["equal_numbers", "first"], "equal_first"),
    node("Mul", ["equal_first", "second"], "both"),
    node("ReduceMax", ["both"], "found", integers("axes", 2), integer("keepdims", 0)),
    node("ReduceSum", ["found", "1"], "logits", integer("keepdims", 1)),
    text(2, "word-overlap"),
    ...[1, 2].map((axis) => constant(`${axis}`, axis)),
    ...inputs.map((name) => field(11, text(1, name), tensorType(7, ["batch", "tokens"]))),
    field(12, text(1, "logits"), tensorType(1, ["batch", "label"])),
  );
  return bytes(number(1, 8), graph, field(8, text(1, ""), number(2, 17)));
}

/** NodeProto: 1 inputs, 2 outputs, 4 the type, 5 attributes. */
function node(type: string, inputs: string[], output: string, ...attributes: Uint8Array[]) {
  return field(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, type),
    ...attributes,
  );
}

/** AttributeProto: 1 the name, 3 an integer, 8 integers, 20 the type. */
function integer(name: string, value: number): Uint8Array {
  return field(5, text(1, name), number(3, value), number(20, 2));
}

function integers(name: string, value: number): Uint8Array {
  return field(5, text(1, name), number(8, value), number(20, 7));
}

/** TensorProto of one int64: 1 the dimension, 2 the type, 8 the name, 9 the bytes. */
function constant(name: string, value: number): Uint8Array {
  return field(
    5,
    number(1, 1),
    number(2, 7),
    text(8, name),
    field(9, [value, 0, 0, 0, 0, 0, 0, 0]),
  );
}

/** TypeProto of a tensor: 1 the type of its elements, 2 its shape, of named dimensions. */
function tensorType(elements: number, dimensions: string[]): Uint8Array {
  const shape = field(2, ...dimensions.map((name) => field(1, text(2, name))));
  return field(2, field(1, number(1, elements), shape));
}
