import type { BackendOutput, Batch } from "./backend.ts";
import { packBatches, padBatch } from "./batches.ts";
import { EmbeddingGemmaError, reasonOf } from "./errors.ts";
import type { Priority } from "./inference-queue.ts";
import type { LoadedModel } from "./load-model.ts";
import { pool } from "./pooling.ts";
import type { PromptedText } from "./prompts.ts";
import { type TokenSequence, tokenizeTexts } from "./tokenize.ts";
import { normalizeInPlace, rowsOf } from "./vectors.ts";

/** How far a long call has come. */
export interface EncodeProgress {
  /** Texts embedded so far. */
  readonly done: number;
  readonly total: number;
  /** Tokens that went through the model so far, padding not counted; a text that occurs twice goes through once. */
  readonly tokens: number;
}

/** A text that was cut to the model's length. */
export interface Truncation {
  /** Position of the text in the input. */
  readonly index: number;
  /** Its length in tokens, prompt and special tokens included. */
  readonly tokens: number;
  readonly maxTokens: number;
}

/** What {@link encodeTexts} needs to know, everything resolved. */
export interface EncodeSettings {
  readonly dimension: number;
  readonly normalize: boolean;
  readonly truncation: "end" | "error";
  readonly maxBatchTokens: number;
  readonly priority: Priority;
  readonly onTruncate?: ((truncation: Truncation) => void) | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Embeds texts: equal ones once, in batches of nearly equal lengths, and gives the vectors in input order, as rows of one contiguous
 * array.
 *
 * @returns as many vectors as texts, each of `settings.dimension` numbers
 */
export async function encodeTexts(
  model: LoadedModel,
  texts: readonly PromptedText[],
  settings: EncodeSettings,
): Promise<Float32Array[]> {
  const { dimension, onProgress, signal } = settings;
  signal?.throwIfAborted();
  const { firsts, firstOf } = findDuplicates(texts);
  const sequences = await tokenizeTexts(
    model,
    firsts.map((index) => texts[index]!),
  );
  reportTruncations(model, sequences, firstOf, settings);

  const vectors = rowsOf(new Float32Array(texts.length * dimension), dimension);
  const occurrences = countOccurrences(firstOf);
  let done = 0;
  let tokens = 0;
  for (const indices of packBatches(
    sequences.map(({ ids }) => ids.length),
    settings,
  )) {
    const batch = indices.map((index) => sequences[index]!);
    const embeddings = await model.queue.run(settings.priority, () => {
      signal?.throwIfAborted();
      return embedBatch(model, batch);
    });
    indices.forEach((index, row) => {
      const first = firsts[index]!;
      const vector = vectors[first]!;
      vector.set(embeddings[row]!.subarray(0, dimension));
      if (settings.normalize) normalizeInPlace(vector);
      done += occurrences.get(first)!;
      tokens += sequences[index]!.ids.length;
    });
    onProgress?.({ done, total: texts.length, tokens });
  }
  firstOf.forEach((first, index) => {
    if (first !== index) vectors[index]!.set(vectors[first]!);
  });
  return vectors;
}

/** `firsts`: where each distinct text occurs first; `firstOf`: for every text, where its like occurs first. */
function findDuplicates(texts: readonly PromptedText[]): { firsts: number[]; firstOf: number[] } {
  const seen = new Map<string, number>();
  const firsts: number[] = [];
  const firstOf = texts.map(({ prompt, text }, index) => {
    const key = `${prompt.length}:${prompt}${text}`;
    const first = seen.get(key);
    if (first !== undefined) return first;
    seen.set(key, index);
    firsts.push(index);
    return index;
  });
  return { firsts, firstOf };
}

function countOccurrences(firstOf: readonly number[]): Map<number, number> {
  const occurrences = new Map<number, number>();
  for (const first of firstOf) occurrences.set(first, (occurrences.get(first) ?? 0) + 1);
  return occurrences;
}

function reportTruncations(
  { description: { maxTokens } }: LoadedModel,
  sequences: readonly TokenSequence[],
  firstOf: readonly number[],
  { truncation, onTruncate }: EncodeSettings,
): void {
  if (!onTruncate && truncation !== "error") return;
  const sequenceAt = new Map<number, TokenSequence>();
  let next = 0;
  firstOf.forEach((first, index) => {
    if (first === index) sequenceAt.set(index, sequences[next++]!);
    const tokens = sequenceAt.get(first)!.fullLength;
    if (tokens <= maxTokens) return;
    if (truncation === "error") {
      throw new EmbeddingGemmaError(
        "INPUT_TOO_LONG",
        `Text ${index} has ${tokens} tokens with its prompt; the model takes ${maxTokens}. Split it, or let it be cut with \`truncation: "end"\`.`,
        { index, tokens, maxTokens },
      );
    }
    onTruncate?.({ index, tokens, maxTokens });
  });
}

/** Full vectors of one batch, as the model gives them. */
async function embedBatch(model: LoadedModel, sequences: readonly TokenSequence[]): Promise<Float32Array[]> {
  const { backend, description } = model;
  const batch = padBatch(
    sequences.map(({ ids }) => ids),
    backend.padding,
  );
  const output = await backend.run(batch).catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "INFERENCE_FAILED",
      `The runtime failed on a batch of ${batch.rows} texts × ${batch.length} tokens: ${reasonOf(cause)}. ` +
        "If memory ran out, lower `maxBatchTokens` or `maxTokens`.",
      { rows: batch.rows, length: batch.length },
      { cause },
    );
  });
  const embeddings = output.sentenceEmbedding ?? poolOutput(model, output, batch, sequences);
  const rows = rowsOf(embeddings, embeddings.length / batch.rows);
  if (rows[0]!.length !== description.dimension) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      `The graph gives vectors of ${rows[0]!.length} numbers where the model's description says ${description.dimension}. Use an ONNX file exported from the same model.`,
      { given: rows[0]!.length, described: description.dimension },
    );
  }
  return rows;
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
      "The graph has neither the output `sentence_embedding` nor `last_hidden_state`. Use an ONNX file exported for feature extraction.",
    );
  }
  if (description.denseLayers > 0) {
    throw new EmbeddingGemmaError(
      "MODEL_INCOMPLETE",
      `The model has ${description.denseLayers} Dense layers behind its pooling, but the graph has no output \`sentence_embedding\` that contains them; ` +
        "pooling its hidden states would give vectors that point nowhere. Use an ONNX file with that output, such as those of onnx-community/embeddinggemma-300m-ONNX.",
      { denseLayers: description.denseLayers },
    );
  }
  const unpooled = sequences.map((sequence) => sequence.unpooled);
  const pooled = pool(lastHiddenState, batch, description.pooling, unpooled);
  if (description.normalized) for (const row of rowsOf(pooled, pooled.length / batch.rows)) normalizeInPlace(row);
  return pooled;
}
