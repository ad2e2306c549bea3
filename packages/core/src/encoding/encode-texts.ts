import {
  readVectors,
  type VectorCache,
  vectorCacheKey,
  writeVectors,
} from "../cache/vector-cache.ts";
import { EmbeddingGemmaError, reasonOf } from "../errors.ts";
import type { LoadedModel } from "../model/loaded-model.ts";
import type { BackendOutput, Batch } from "../runtime/backend.ts";
import type { Dtype } from "../runtime/dtype.ts";
import type { Priority } from "../runtime/inference-queue.ts";
import { normalizeInPlace, rowsOf } from "../vectors/vectors.ts";
import { packBatches, padBatch } from "./batches.ts";
import { pool } from "./pooling.ts";
import type { PromptedText } from "./prompts.ts";
import { type TokenSequence, tokenizeTexts } from "./tokenize.ts";

/** How far a long call has come. */
export interface EncodeProgress {
  /** Texts embedded so far. */
  readonly done: number;
  readonly total: number;
  /**
   * Tokens that went through the model so far, padding not counted; a text that occurs twice goes
   * through once.
   */
  readonly tokens: number;
}

/** A text that was cut to the model's length. */
export interface Truncation {
  /** Position of the text in the input, be it an array or a stream. */
  readonly index: number;
  /** Its length in tokens, prompt and special tokens included. */
  readonly tokens: number;
  readonly maxTokens: number;
}

/** What {@link encodeTexts} needs to know, everything resolved. */
export interface EncodeSettings {
  readonly dimension: number;
  readonly normalize: boolean;
  readonly truncation: "cut" | "error";
  readonly maxBatchTokens: number;
  readonly priority: Priority;
  /** Position in the caller's input of the first text. @default 0 */
  readonly firstIndex?: number | undefined;
  readonly cache?: VectorCache | null | undefined;
  readonly onTruncate?: ((truncation: Truncation) => void) | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Embeds texts: equal ones once, those in the cache not at all, the others in batches of nearly
 * equal lengths, and gives the vectors in input order, as rows of one contiguous array.
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
  const occurrences = countOccurrences(firstOf);
  const vectors = rowsOf(new Float32Array(texts.length * dimension), dimension);
  let done = 0;
  let tokens = 0;
  const finish = (first: number, embedding: Float32Array) => {
    const vector = vectors[first]!;
    vector.set(embedding.subarray(0, dimension));
    if (settings.normalize) normalizeInPlace(vector);
    done += occurrences.get(first)!;
  };

  const { missing, keep } = await takeFromCache(model, texts, firsts, settings, finish);
  if (done > 0) onProgress?.({ done, total: texts.length, tokens });
  const sequences = await tokenizeAt(
    model,
    texts,
    reportsTruncations(settings) ? firsts : missing,
    signal,
  );
  reportTruncations(model, sequences, firstOf, settings);

  let kept = Promise.resolve();
  for (const positions of packBatches(
    missing.map((first) => sequences.get(first)!.ids.length),
    settings,
  )) {
    const batch = positions.map((position) => missing[position]!);
    const embeddings = await model.queue.run(settings.priority, () => {
      signal?.throwIfAborted();
      return embedBatch(
        model,
        batch.map((first) => sequences.get(first)!),
      );
    });
    batch.forEach((first, row) => {
      finish(first, embeddings[row]!);
      tokens += sequences.get(first)!.ids.length;
    });
    await kept;
    kept = keep(batch, embeddings);
    // Looked at after the next batch; it must not count as unhandled until then.
    kept.catch(() => {});
    onProgress?.({ done, total: texts.length, tokens });
  }
  await kept;
  firstOf.forEach((first, index) => {
    if (first !== index) vectors[index]!.set(vectors[first]!);
  });
  return vectors;
}

/**
 * Texts that are looked up or tokenized together: few enough for the event loop, and an abort, to
 * get their turn soon.
 */
const windowSize = 256;

/**
 * Hands the vectors that the cache has to `found`.
 *
 * @returns which texts are missing, and how to keep their vectors
 */
async function takeFromCache(
  { identity, description }: LoadedModel,
  texts: readonly PromptedText[],
  firsts: readonly number[],
  { cache, signal }: EncodeSettings,
  found: (first: number, embedding: Float32Array) => void,
): Promise<{
  missing: readonly number[];
  keep: (firsts: readonly number[], embeddings: readonly Float32Array[]) => Promise<void>;
}> {
  if (!cache) return { missing: firsts, keep: async () => {} };
  const missing: number[] = [];
  const keys = new Map<number, string>();
  for (let start = 0; start < firsts.length; start += windowSize) {
    const window = firsts.slice(start, start + windowSize);
    const windowKeys = window.map((first) => vectorCacheKey(identity, texts[first]!));
    const embeddings = await readVectors(cache, windowKeys, description.dimension);
    window.forEach((first, index) => {
      const embedding = embeddings[index];
      if (embedding) {
        found(first, embedding);
      } else {
        missing.push(first);
        keys.set(first, windowKeys[index]!);
      }
    });
    signal?.throwIfAborted();
  }
  return {
    missing,
    keep: (batch, embeddings) =>
      writeVectors(
        cache,
        batch.map((first, row) => [keys.get(first)!, embeddings[row]!]),
      ),
  };
}

async function tokenizeAt(
  model: LoadedModel,
  texts: readonly PromptedText[],
  indices: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Map<number, TokenSequence>> {
  const sequences = new Map<number, TokenSequence>();
  for (let start = 0; start < indices.length; start += windowSize) {
    const window = indices.slice(start, start + windowSize);
    const tokenized = await tokenizeTexts(
      model,
      window.map((index) => texts[index]!),
    );
    window.forEach((index, position) => {
      sequences.set(index, tokenized[position]!);
    });
    signal?.throwIfAborted();
  }
  return sequences;
}

/**
 * `firsts`: where each distinct text occurs first; `firstOf`: for every text, where its like occurs
 * first.
 */
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

function reportsTruncations({ truncation, onTruncate }: EncodeSettings): boolean {
  return onTruncate !== undefined || truncation === "error";
}

function reportTruncations(
  { description: { maxTokens } }: LoadedModel,
  sequences: ReadonlyMap<number, TokenSequence>,
  firstOf: readonly number[],
  settings: EncodeSettings,
): void {
  if (!reportsTruncations(settings)) return;
  firstOf.forEach((first, position) => {
    const tokens = sequences.get(first)!.fullLength;
    if (tokens <= maxTokens) return;
    const index = (settings.firstIndex ?? 0) + position;
    if (settings.truncation === "error") {
      throw new EmbeddingGemmaError(
        "INPUT_TOO_LONG",
        `Text ${index} has ${tokens} tokens with its prompt; the model takes ${maxTokens}. ` +
          'Split it, or cut it with `truncation: "cut"`.',
        { index, tokens, maxTokens },
      );
    }
    settings.onTruncate?.({ index, tokens, maxTokens });
  });
}

/** Full vectors of one batch, as the model gives them. */
async function embedBatch(
  model: LoadedModel,
  sequences: readonly TokenSequence[],
): Promise<Float32Array[]> {
  const { backend, description } = model;
  const batch = padBatch(
    sequences.map(({ ids }) => ids),
    backend.padding,
  );
  const output = await backend.run(batch).catch((cause: unknown) => {
    if (EmbeddingGemmaError.isInstance(cause)) throw cause;
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
  checkFinite(embeddings, model.dtype);
  return rows;
}

/**
 * What overflows does not fail: it gives NaN, which would be kept, and compared, as if it were a
 * vector.
 */
function checkFinite(embeddings: Float32Array, dtype: Dtype): void {
  // A sum is not finite if one of its terms is not; it takes a fraction of the time of looking at
  // each.
  let sum = 0;
  for (const value of embeddings) sum += value;
  if (Number.isFinite(sum)) return;
  throw new EmbeddingGemmaError(
    "INFERENCE_FAILED",
    `The model gave numbers that are not finite with dtype ${dtype}: its activations overflow. Use another dtype, such as fp32 or q8, or another device.`,
    { dtype },
  );
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
  if (description.normalized)
    for (const row of rowsOf(pooled, pooled.length / batch.rows)) normalizeInPlace(row);
  return pooled;
}
