import {
  readVectors,
  type VectorCache,
  vectorCacheKey,
  writeVectors,
} from "../cache/vector-cache.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import type { LoadedModel } from "../model/loaded-model.ts";
import { normalizeInPlace, rowsOf } from "../vectors/vectors.ts";
import type { EmbeddingModel } from "./embedding-model.ts";
import type { PromptedText } from "./prompts.ts";
import { type TokenSequence, tokenizeTexts } from "./tokenize.ts";
import type { Priority } from "./waiting-calls.ts";

/** Progress of a call. */
export interface EncodeProgress {
  /** Number of texts embedded so far. */
  readonly done: number;
  readonly total: number;
  /**
   * Number of tokens that the model has processed so far, without padding. A text that occurs twice
   * is processed once.
   */
  readonly tokens: number;
}

/** A text that was cut because it has more tokens than the model accepts. */
export interface Truncation {
  /** Index of the text in the input, an array or a stream. */
  readonly index: number;
  /** Length of the text in tokens before the cut, prompt and special tokens included. */
  readonly tokens: number;
  readonly maxTokens: number;
}

/** Options of {@link encodeTexts}, with all defaults filled in. */
export interface EncodeSettings {
  readonly dimension: number;
  readonly normalize: boolean;
  readonly truncation: "cut" | "error";
  readonly maxBatchTokens: number;
  readonly batchSize?: number | undefined;
  readonly priority: Priority;
  /** Index of the first text in the caller's input. @default 0 */
  readonly firstIndex?: number | undefined;
  readonly cache?: VectorCache | null | undefined;
  readonly onTruncate?: ((truncation: Truncation) => void) | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Embeds texts. Duplicates are embedded once, texts in the cache not at all, and all others in
 * batches of similar length, which they share with the texts of other calls.
 *
 * @returns one vector of `settings.dimension` numbers per text, in input order, as rows of one
 * contiguous array
 */
export async function encodeTexts(
  model: EmbeddingModel,
  texts: readonly PromptedText[],
  settings: EncodeSettings,
): Promise<Float32Array[]> {
  const { dimension, onProgress, signal } = settings;
  signal?.throwIfAborted();
  const { distinct, firstOf } = findDuplicates(texts);
  const occurrences = countOccurrences(firstOf);
  const vectors = rowsOf(new Float32Array(texts.length * dimension), dimension);
  let done = 0;
  let tokens = 0;
  const finish = (index: number, embedding: Float32Array) => {
    const vector = vectors[index]!;
    vector.set(embedding.subarray(0, dimension));
    if (settings.normalize) normalizeInPlace(vector);
    done += occurrences.get(index)!;
  };

  const { missing, store } = await readFromCache(model, texts, distinct, settings, finish);
  if (done > 0) onProgress?.({ done, total: texts.length, tokens });
  const toTokenize = needsLengths(settings) ? distinct : missing;
  const sequences = await tokenizeAt(model, texts, toTokenize, settings);
  checkLengths(model, sequences, firstOf, settings);

  await model.queue.run({
    sequences: missing.map((index) => sequences.get(index)!),
    priority: settings.priority,
    limits: settings,
    signal,
    async receive(positions, embeddings, rows) {
      const indices = positions.map((position) => missing[position]!);
      indices.forEach((index, row) => {
        finish(index, embeddings[row]!);
        tokens += sequences.get(index)!.ids.length;
      });
      onProgress?.({ done, total: texts.length, tokens });
      await store(indices, embeddings, rows);
    },
  });
  firstOf.forEach((first, index) => {
    if (first !== index) vectors[index]!.set(vectors[first]!);
  });
  return vectors;
}

/**
 * Number of texts to look up or tokenize at once. Between these windows, the event loop and an
 * abort get their turn.
 */
const windowSize = 256;

/**
 * Looks texts up in the cache.
 *
 * @param indices - which texts
 * @param found - called for each vector that the cache has
 * @returns the indices of the other texts, and a function that stores their vectors, unless these
 * depend on their batch
 */
async function readFromCache(
  { identity, description, batchInvariant }: LoadedModel,
  texts: readonly PromptedText[],
  indices: readonly number[],
  { cache, signal }: EncodeSettings,
  found: (index: number, embedding: Float32Array) => void,
): Promise<{
  missing: readonly number[];
  store: (
    indices: readonly number[],
    embeddings: readonly Float32Array[],
    batchRows: number,
  ) => Promise<void>;
}> {
  if (!cache) return { missing: indices, store: async () => {} };
  const missing: number[] = [];
  const keys = new Map<number, string>();
  // Earlier releases cached vectors that depend on their batch under keys without this suffix.
  const cacheIdentity = batchInvariant ? identity : `${identity}&batch=1`;
  for (let start = 0; start < indices.length; start += windowSize) {
    const window = indices.slice(start, start + windowSize);
    const windowKeys = window.map((index) => vectorCacheKey(cacheIdentity, texts[index]!));
    const embeddings = await readVectors(cache, windowKeys, description.dimension);
    window.forEach((index, position) => {
      const embedding = embeddings[position];
      if (embedding) {
        found(index, embedding);
      } else {
        missing.push(index);
        keys.set(index, windowKeys[position]!);
      }
    });
    signal?.throwIfAborted();
  }
  return {
    missing,
    async store(indices, embeddings, batchRows) {
      if (!batchInvariant && batchRows > 1) return;
      const entries = indices.map((index, row) => [keys.get(index)!, embeddings[row]!] as const);
      await writeVectors(cache, entries);
    },
  };
}

async function tokenizeAt(
  model: LoadedModel,
  texts: readonly PromptedText[],
  indices: readonly number[],
  settings: EncodeSettings,
): Promise<Map<number, TokenSequence>> {
  const { signal } = settings;
  const sequences = new Map<number, TokenSequence>();
  for (let start = 0; start < indices.length; start += windowSize) {
    const window = indices.slice(start, start + windowSize);
    const tokenized = await tokenizeTexts(
      model,
      window.map((index) => texts[index]!),
      { needsLengths: needsLengths(settings), signal },
    );
    window.forEach((index, position) => {
      sequences.set(index, tokenized[position]!);
    });
    signal?.throwIfAborted();
  }
  return sequences;
}

/**
 * `distinct`: the indices of all texts that do not occur before; `firstOf`: for every text, the
 * index at which it occurs first.
 */
function findDuplicates(texts: readonly PromptedText[]): { distinct: number[]; firstOf: number[] } {
  const seen = new Map<string, number>();
  const distinct: number[] = [];
  const firstOf = texts.map(({ prompt, text }, index) => {
    const key = `${prompt.length}:${prompt}${text}`;
    const first = seen.get(key);
    if (first !== undefined) return first;
    seen.set(key, index);
    distinct.push(index);
    return index;
  });
  return { distinct, firstOf };
}

function countOccurrences(firstOf: readonly number[]): Map<number, number> {
  const occurrences = new Map<number, number>();
  for (const first of firstOf) occurrences.set(first, (occurrences.get(first) ?? 0) + 1);
  return occurrences;
}

/** Whether to tokenize all texts, even those in the cache. */
function needsLengths({ truncation, onTruncate }: EncodeSettings): boolean {
  return onTruncate !== undefined || truncation === "error";
}

/** Reports or refuses texts that are too long. */
function checkLengths(
  { description: { maxTokens } }: LoadedModel,
  sequences: ReadonlyMap<number, TokenSequence>,
  firstOf: readonly number[],
  settings: EncodeSettings,
): void {
  if (!needsLengths(settings)) return;
  firstOf.forEach((first, position) => {
    const tokens = sequences.get(first)!.fullLength;
    if (tokens <= maxTokens) return;
    const index = (settings.firstIndex ?? 0) + position;
    if (settings.truncation === "error") {
      throw new EmbeddingGemmaError(
        "INPUT_TOO_LONG",
        `Text ${index} has ${tokens} tokens with its prompt, but the limit is ${maxTokens}. ` +
          'Split the text, or set the option `truncation: "cut"`.',
        { index, tokens, maxTokens },
      );
    }
    settings.onTruncate?.({ index, tokens, maxTokens });
  });
}
