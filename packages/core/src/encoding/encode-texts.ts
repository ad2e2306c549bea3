import { Pacer } from "@embeddinggemma/internal";
import {
  readVectors,
  type VectorCache,
  vectorCacheKey,
  writeVectors,
} from "../cache/vector-cache.ts";
import { normalizeInPlace, rowsOf } from "../vectors/vectors.ts";
import type { EmbeddingModel } from "./embedding-model.ts";
import { inputKey, type ModelInput } from "./prompts.ts";
import { type RunSettings, runTexts } from "./run-texts.ts";

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

/** Options of {@link encodeTexts}, with all defaults filled in. */
export interface EncodeSettings extends RunSettings {
  readonly dimension: number;
  readonly normalize: boolean;
  /** Changes full vectors, before truncation. The cache keeps those of the model. */
  readonly adapt?: ((vector: Float32Array) => Float32Array) | undefined;
  readonly cache?: VectorCache | null | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
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
  texts: readonly ModelInput[],
  settings: EncodeSettings,
): Promise<Float32Array[]> {
  const { adapt, dimension, onProgress, signal } = settings;
  signal?.throwIfAborted();
  const { distinct, firstOf } = findDuplicates(texts);
  const occurrences = countOccurrences(firstOf);
  const vectors = rowsOf(new Float32Array(texts.length * dimension), dimension);
  let done = 0;
  let tokens = 0;
  const finish = (index: number, embedding: Float32Array) => {
    const vector = vectors[index]!;
    const adapted = adapt ? adapt(embedding) : embedding;
    vector.set(adapted.subarray(0, dimension));
    if (settings.normalize) normalizeInPlace(vector);
    done += occurrences.get(index)!;
  };

  const { missing, store } = await readFromCache(model, texts, distinct, settings, finish);
  if (done > 0) onProgress?.({ done, total: texts.length, tokens });
  await runTexts(model, { texts, distinct, firstOf, missing }, settings, {
    output: "sentence_embedding",
    async receive(indices, embeddings, batch) {
      const pacer = new Pacer();
      for (const [row, index] of indices.entries()) {
        finish(index, embeddings[row]!);
        if (pacer.due) await pacer.pause();
      }
      tokens += batch.tokens;
      onProgress?.({ done, total: texts.length, tokens });
      await store(indices, embeddings, batch.rows);
    },
  });
  firstOf.forEach((first, index) => {
    if (first !== index) vectors[index]!.set(vectors[first]!);
  });
  return vectors;
}

/**
 * Computes the final hidden states of texts. Their texts share no batch with those of
 * {@link encodeTexts}.
 *
 * @returns for each text, one row per token, special tokens included
 */
export async function encodeTokenStates(
  model: EmbeddingModel,
  texts: readonly ModelInput[],
  settings: RunSettings,
): Promise<Float32Array[][]> {
  settings.signal?.throwIfAborted();
  const { distinct, firstOf } = findDuplicates(texts);
  const states = new Map<number, Float32Array[]>();
  await runTexts(model, { texts, distinct, firstOf, missing: distinct }, settings, {
    output: "token_embeddings",
    async receive(indices, embeddings, { lengths }) {
      indices.forEach((index, row) => {
        const ofText = embeddings[row]!;
        states.set(index, rowsOf(ofText, ofText.length / lengths[row]!));
      });
    },
  });
  return firstOf.map((first) => states.get(first)!);
}

/** Number of texts to look up at once. In between, an abort and other work get their turn. */
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
  { identity, description, batchInvariant }: EmbeddingModel,
  texts: readonly ModelInput[],
  indices: readonly number[],
  { cache, truncationSide, signal }: EncodeSettings,
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
  const { dimension, truncationSide: side = "right" } = description;
  const missing: number[] = [];
  const keys = new Map<number, string>();
  // Earlier releases cached vectors that depend on their batch under keys without this suffix.
  const batch = batchInvariant ? "" : "&batch=1";
  const isOtherSide = (truncationSide ?? side) !== side;
  const cut = isOtherSide ? `&truncationSide=${truncationSide}` : "";
  const cacheIdentity = `${identity}${batch}${cut}`;
  for (let start = 0; start < indices.length; start += windowSize) {
    const window = indices.slice(start, start + windowSize);
    const windowKeys = window.map((index) =>
      vectorCacheKey(cacheIdentity, inputKey(texts[index]!)),
    );
    const embeddings = await readVectors(cache, windowKeys, dimension);
    const pacer = new Pacer();
    for (const [position, index] of window.entries()) {
      const embedding = embeddings[position];
      if (embedding) {
        found(index, embedding);
        if (pacer.due) await pacer.pause();
      } else {
        missing.push(index);
        keys.set(index, windowKeys[position]!);
      }
    }
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

/**
 * `distinct`: the indices of all texts that do not occur before; `firstOf`: for every text, the
 * index at which it occurs first.
 */
function findDuplicates(texts: readonly ModelInput[]): { distinct: number[]; firstOf: number[] } {
  const seen = new Map<string, number>();
  const distinct: number[] = [];
  const firstOf = texts.map((input, index) => {
    const key = inputKey(input);
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
