import { EmbeddingGemmaError, show } from "../errors.ts";
import type { GraphValue, OnnxGraph } from "./onnx-graph.ts";

/** Inputs with one number for each token. */
const tokenInputs = ["input_ids", "attention_mask", "token_type_ids", "position_ids"];

/** Further inputs that Transformers.js or this package sets: past keys and values, other media. */
const otherInput = /^past_|_features$|^num_logits_to_keep$|^use_cache_branch$/;

const usableOutputs = ["sentence_embedding", "last_hidden_state", "token_embeddings"];

/** `INT64` of `TensorProto.DataType`. */
const int64 = 7;

const advice =
  "Export the model for feature extraction, with dynamic axes for batch and sequence, such as " +
  "with `optimum-cli export onnx --task feature-extraction`, or use another ONNX file.";

/**
 * Checks that a graph takes batches of tokens of any size and gives vectors. Otherwise the runtime
 * would only fail on a text, or on the first one of another length.
 *
 * @throws `MODEL_INCOMPLETE` with the name of the input or output
 */
export function checkSignature(
  model: string,
  file: string,
  { inputs, outputs }: Pick<OnnxGraph, "inputs" | "outputs">,
): void {
  const problem = problemOfInputs(inputs) ?? problemOfOutputs(outputs);
  if (problem === undefined) return;
  throw new EmbeddingGemmaError(
    "MODEL_INCOMPLETE",
    `${file} of ${show(model)} cannot embed texts: ${problem}. ${advice}`,
    { model, file, inputs: namesOf(inputs), outputs: namesOf(outputs) },
  );
}

function problemOfInputs(inputs: readonly GraphValue[]): string | undefined {
  const names = namesOf(inputs);
  if (!names.includes("input_ids")) {
    return `it has no input \`input_ids\`, but ${listed(names)}`;
  }
  const unknown = names.filter((name) => !tokenInputs.includes(name) && !otherInput.test(name));
  if (unknown.length > 0) return `it needs ${listed(unknown)}, which is not known here`;
  for (const input of inputs.filter(({ name }) => tokenInputs.includes(name))) {
    const problem = problemOfTokens(input);
    if (problem) return `its input \`${input.name}\` ${problem}`;
  }
  return undefined;
}

function problemOfTokens({ type, shape }: GraphValue): string | undefined {
  if (type !== int64) return `is not of the type int64 (it has type ${type} of ONNX)`;
  if (shape?.every((size) => size === null)) return undefined;
  return shape && `has the fixed shape ${shape.map((size) => size ?? "any").join(" × ")}`;
}

function problemOfOutputs(outputs: readonly GraphValue[]): string | undefined {
  const names = namesOf(outputs);
  if (usableOutputs.some((name) => names.includes(name))) return undefined;
  return `none of its outputs is one of ${listed(usableOutputs)}; it has ${listed(names)}`;
}

function namesOf(values: readonly GraphValue[]): string[] {
  return values.map(({ name }) => name);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `\`${name}\``);
  return shown.length === 0 ? "none" : shown.join(", ") + (names.length > 8 ? ", …" : "");
}
