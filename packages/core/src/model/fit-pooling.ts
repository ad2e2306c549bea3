import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import type { Backend, BackendOutput, Batch } from "../runtime/backend.ts";
import { areClose, normalizeInPlace } from "../vectors/vectors.ts";
import { hasPrompts, type ModelDescription, promptIsPooled } from "./description.ts";
import { pool } from "./pooling.ts";

/**
 * Compares the finished vectors of an ONNX graph with the description, on one short text. If the
 * graph pools or normalizes differently, the hidden states are pooled instead, as Sentence
 * Transformers does.
 *
 * Nothing is compared if the description comes from the table of model families, which knows less
 * of this graph than its author did, or if Dense layers follow, which only the graph can apply.
 *
 * @returns the description, with `poolsHiddenStates` if needed
 * @throws `INVALID_ARGUMENT` if the option `pooling` cannot take effect; `MODEL_NOT_DESCRIBED` if
 * the prompt must be left out of the pooling and cannot be; `LOAD_FAILED`
 */
export async function fitPooling(
  model: string,
  backend: Backend,
  description: ModelDescription,
): Promise<ModelDescription> {
  const { poolingSource, denseLayers, pooling } = description;
  if (denseLayers > 0 || poolingSource === "family") return description;
  const batch = await probeBatch(backend);
  const { sentenceEmbedding, lastHiddenState } = await runProbe(model, backend, batch);
  if (!sentenceEmbedding) return description;
  if (lastHiddenState) {
    const expected = pool(lastHiddenState, batch, pooling, []);
    const agrees = isClose(sentenceEmbedding, expected, description);
    return agrees && description.includePrompt
      ? description
      : { ...description, poolsHiddenStates: true };
  }
  if (poolingSource === "option") {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      `The option \`pooling\` cannot take effect: the ONNX graph of ${show(model)} has only the ` +
        "output `sentence_embedding`, which is already pooled. Leave the option out, or use an " +
        "ONNX file that also has the output `last_hidden_state` or `token_embeddings`.",
      { option: "pooling", model, pooling },
    );
  }
  if (!description.includePrompt && hasPrompts(description)) throw promptIsPooled(model);
  return description;
}

/** Words that a tokenizer splits into tokens of their own, so that no two poolings are the same. */
const probeText = "mars is red and seven large planets are not";

async function probeBatch(backend: Backend): Promise<Batch> {
  const { prefix, suffix } = backend.specialTokens;
  const [content = []] = await backend.tokenize([probeText]);
  const ids = [...prefix, ...content.slice(0, 16), ...suffix];
  return {
    rows: 1,
    length: ids.length,
    inputIds: BigInt64Array.from(ids, BigInt),
    attentionMask: new BigInt64Array(ids.length).fill(1n),
  };
}

async function runProbe(model: string, backend: Backend, batch: Batch): Promise<BackendOutput> {
  try {
    return await backend.run(batch, { hiddenStates: true });
  } catch (cause) {
    if (EmbeddingGemmaError.isInstance(cause)) throw cause;
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `The runtime failed on the first text for ${show(model)}: ${reasonOf(cause)}`,
      { model },
      { cause },
    );
  }
}

/** Half precision differs by about a thousandth; another pooling by far more. */
const tolerance = 0.01;

function isClose(
  given: Float32Array,
  expected: Float32Array,
  { normalized }: ModelDescription,
): boolean {
  if (given.length !== expected.length) return false;
  const [a, b] = [given.slice(), expected.slice()];
  if (normalized) for (const vector of [a, b]) normalizeInPlace(vector);
  return areClose(a, b, tolerance);
}
