import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bytes, field, number, text } from "../../test-support/protobuf.ts";
import { checkSignature } from "./graph-signature.ts";
import { type GraphValue, readOnnxGraph } from "./onnx-graph.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/", import.meta.url));

const check = (inputs: readonly GraphValue[], outputs: readonly GraphValue[]) =>
  checkSignature("me/model", "onnx/model.onnx", { inputs, outputs });

const tokens = (name: string, shape: GraphValue["shape"] = [null, null], type = 7) => ({
  name,
  shape,
  type,
});
const ids = tokens("input_ids");
const mask = tokens("attention_mask");
const output = (name: string) => ({ name, type: 1, shape: [null, 768] });
const vector = output("sentence_embedding");

async function signatureOf(file: Uint8Array) {
  const open = async () => ({
    size: file.length,
    read: async (start: number, length: number) => file.subarray(start, start + length),
    close: async () => {},
  });
  return readOnnxGraph("me/model", "onnx/model.onnx", { path: "/folder", open });
}

test.for(["embeddinggemma", "embeddinggemma-2", "bert-mean", "qwen3-last-token"])(
  "%s can be used",
  async (name) => {
    const file = await readFile(`${fixtures}${name}/onnx/model.onnx`);
    const { inputs, outputs } = await signatureOf(file);
    expect(inputs.map((input) => input.name)).toContain("attention_mask");
    expect(inputs[0]).toEqual(ids);
    check(inputs, outputs);
  },
);

test("weights that are also listed as inputs are left out, and sizes are read", async () => {
  const dimension = (size: number) => field(1, number(1, size));
  const value = (name: string, ...dimensions: Uint8Array[]) =>
    bytes(text(1, name), field(2, field(1, number(1, 7), field(2, ...dimensions))));
  const graph = bytes(
    field(5, text(8, "weight")),
    field(11, value("input_ids", dimension(1), field(1, text(2, "sequence")))),
    field(11, value("weight", dimension(4))),
    field(11, value("any", dimension(0))),
    field(12, value("scalar")),
  );
  const { inputs, outputs } = await signatureOf(field(7, graph));
  expect(inputs).toEqual([tokens("input_ids", [1, null]), tokens("any", [null])]);
  expect(outputs).toEqual([tokens("scalar", [])]);
});

test.for<[GraphValue[], GraphValue[], string]>([
  [[tokens("tokens")], [vector], "it has no input `input_ids`, but `tokens`"],
  [[ids, mask, tokens("pixel_values")], [vector], "it needs `pixel_values`"],
  [[ids, mask, tokens("position_bias")], [vector], "it needs `position_bias`"],
  [[tokens("input_ids", [1, 128]), mask], [vector], "`input_ids` has the fixed shape 1 × 128"],
  [
    [ids, tokens("attention_mask", [null, 512])],
    [vector],
    "`attention_mask` has the fixed shape any × 512",
  ],
  [[tokens("input_ids", [null, null], 6), mask], [vector], "`input_ids` is not of the type int64"],
  [[ids, mask], [output("logits")], "it has `logits`"],
  [[ids, mask], [], "it has none"],
])("%j is refused", ([inputs, outputs, problem]) => {
  expect(() => check(inputs, outputs)).toThrow(
    expect.objectContaining({
      code: "MODEL_INCOMPLETE",
      message: expect.stringMatching(
        new RegExp(`onnx/model.onnx of "me/model" cannot embed.*${problem}.*dynamic axes`),
      ),
    }),
  );
});

test("inputs that Transformers.js sets, and inputs of an unknown shape, are accepted", () => {
  const more = ["token_type_ids", "position_ids"].map((name) => tokens(name, undefined));
  const others = ["past_key_values.0.key", "image_features", "num_logits_to_keep"];
  check([ids, mask, ...more, ...others.map(output)], [output("token_embeddings")]);
});
