import { EmbeddingGemmaError, reasonOf, sentenceOf } from "../errors.ts";
import type { ModelDescription } from "../model/description.ts";
import type { LoadedModel } from "../model/loaded-model.ts";
import { pool } from "../model/pooling.ts";
import type { BackendOutput, Batch } from "../runtime/backend.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { normalizeUnlessUnit, rowsOf } from "../vectors/vectors.ts";
import { padBatch } from "./batches.ts";
import type { TokenSequence } from "./tokenize.ts";
import type { Output } from "./waiting-calls.ts";

/**
 * Runs the model on one batch.
 *
 * @returns for each sequence its vector, of the model's full dimension, or the final hidden states
 * of its tokens, `tokens × hidden size`
 * @throws `INFERENCE_FAILED`, `MODEL_INCOMPLETE`
 */
export async function embedBatch(
  model: LoadedModel,
  sequences: readonly TokenSequence[],
  output: Output = "sentence_embedding",
): Promise<Float32Array[]> {
  const { backend, description } = model;
  const batch = padBatch(
    sequences.map(({ ids }) => ids),
    backend.padding,
  );
  const { poolsHiddenStates = false } = description;
  const hiddenStates = poolsHiddenStates || output === "token_embeddings";
  const outputs = await backend.run(batch, { hiddenStates }).catch((cause: unknown) => {
    throw inferenceError(batch, cause);
  });
  return output === "token_embeddings"
    ? tokenStates(model, outputs, batch)
    : vectorsOf(model, outputs, batch, sequences);
}

function vectorsOf(
  model: LoadedModel,
  { sentenceEmbedding, ...output }: BackendOutput,
  batch: Batch,
  sequences: readonly TokenSequence[],
): Float32Array[] {
  const { description } = model;
  const { poolsHiddenStates = false } = description;
  const embeddings =
    sentenceEmbedding && !poolsHiddenStates
      ? finishedOutput(sentenceEmbedding, sequences)
      : poolOutput(model, output, batch, sequences);
  const dimension = embeddings.length / batch.rows;
  if (dimension !== description.dimension) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      `The ONNX graph returns vectors of ${dimension} numbers, ` +
        `but the model's description says ${description.dimension}. ` +
        "Use an ONNX file exported from the same model.",
      { given: dimension, described: description.dimension },
    );
  }
  checkFinite(embeddings, model.dtype);
  const vectors = rowsOf(embeddings, dimension);
  if (description.normalized) vectors.forEach(normalizeUnlessUnit);
  return vectors;
}

/** The hidden states of each row, without those of its padding. */
function tokenStates(
  { dtype }: LoadedModel,
  { lastHiddenState }: BackendOutput,
  { rows, length, attentionMask }: Batch,
): Float32Array[] {
  if (!lastHiddenState) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      "The ONNX graph has no output `last_hidden_state`, so there are no vectors of single " +
        "tokens. Use an ONNX file with that output.",
    );
  }
  checkFinite(lastHiddenState, dtype);
  const size = lastHiddenState.length / (rows * length);
  return Array.from({ length: rows }, (_, row) => {
    const mask = attentionMask.subarray(row * length, (row + 1) * length);
    const first = row * length + mask.indexOf(1n);
    const end = row * length + mask.lastIndexOf(1n) + 1;
    return lastHiddenState.slice(first * size, end * size);
  });
}

function inferenceError({ rows, length }: Batch, cause: unknown): EmbeddingGemmaError {
  if (EmbeddingGemmaError.isInstance(cause)) return cause;
  return new EmbeddingGemmaError(
    "INFERENCE_FAILED",
    `The runtime failed on a batch of ${rows} texts × ${length} tokens: ${sentenceOf(cause)} ` +
      (mayLackMemory(cause)
        ? "If it ran out of memory, lower `maxBatchTokens` or `maxTokens`."
        : "If other texts fail too, the ONNX file may be made for other inputs."),
    { rows, length },
    { cause },
  );
}

/** Runtimes in WebAssembly throw a bare number when an allocation fails. */
function mayLackMemory(cause: unknown): boolean {
  return typeof cause === "number" || /alloc|memory|^\d+$/i.test(reasonOf(cause));
}

/** The runtime does not report an overflow; it returns NaN, which would end up in caches. */
function checkFinite(embeddings: Float32Array, dtype: Dtype): void {
  // The sum is not finite if any number is not. This is much faster than checking each number.
  let sum = 0;
  for (const value of embeddings) sum += value;
  if (Number.isFinite(sum)) return;
  throw new EmbeddingGemmaError(
    "INFERENCE_FAILED",
    `The model returned numbers that are not finite with dtype ${dtype}: its activations ` +
      "overflow. Use another dtype, such as fp32 or q8, or another device.",
    { dtype },
  );
}

/** The finished vectors of the graph. */
function finishedOutput(
  sentenceEmbedding: Float32Array,
  sequences: readonly TokenSequence[],
): Float32Array {
  if (sequences.some(({ unpooled }) => unpooled > 0)) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      "The model leaves the prompt out of its pooling (include_prompt is false), but its ONNX " +
        "graph pools by itself and includes it. Embed without a prompt, or use an ONNX file " +
        "whose output is `last_hidden_state`.",
    );
  }
  return sentenceEmbedding;
}

function poolOutput(
  { description }: LoadedModel,
  { lastHiddenState }: BackendOutput,
  batch: Batch,
  sequences: readonly TokenSequence[],
): Float32Array {
  if (!lastHiddenState) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      "The ONNX graph has neither the output `sentence_embedding` nor `last_hidden_state`. " +
        "Use an ONNX file exported for feature extraction.",
    );
  }
  refuseMissingDenseLayers(description);
  const unpooled = sequences.map((sequence) => sequence.unpooled);
  return pool(lastHiddenState, batch, description.pooling, unpooled);
}

/** Dense layers are part of the output `sentence_embedding` only. */
function refuseMissingDenseLayers({ denseLayers }: ModelDescription): void {
  if (denseLayers > 0) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      `The model has ${denseLayers} Dense layers after its pooling, but the ONNX graph has no ` +
        "output `sentence_embedding` that includes them. Without these layers, vectors would be " +
        "wrong. Use an ONNX file with that output, such as those of " +
        "onnx-community/embeddinggemma-300m-ONNX.",
      { denseLayers },
    );
  }
}
