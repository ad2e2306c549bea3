import { digestText } from "../digest.ts";
import { EmbeddingGemmaError, sentenceOf, show } from "../errors.ts";
import { typedArrayName } from "../vectors/vectors.ts";

/**
 * Stores vectors, so that a text that was embedded before is not embedded again. Use
 * `MemoryVectorCache`, `LevelVectorCache`, or your own object with these methods.
 *
 * A cache has the full vectors of the model. One cache serves any `truncateDim`, with and without
 * `normalize`, and any number of models: the keys depend on the model's identity.
 */
export interface VectorCache {
  /**
   * @param keys - SHA-256 in hex, 64 characters each
   * @returns an entry for each key, in the order of the keys: its vector, or undefined if the cache
   * does not have it
   */
  getMany(keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]>;
  /**
   * Stores vectors. A vector replaces the one with the same key.
   *
   * @param entries - keys and vectors. The vectors are views of a larger array: copy those that you
   * keep in memory.
   */
  setMany(entries: readonly VectorCacheEntry[]): Promise<void>;
}

export type VectorCacheEntry = readonly [key: string, vector: Float32Array];

/**
 * Key of a full vector: SHA-256 of the model's identity and the input, in hex.
 *
 * @param inputKey - different for different inputs: prompts and texts, or token ids
 */
export function vectorCacheKey(modelIdentity: string, inputKey: string): string {
  return digestText(`${modelIdentity}\n${inputKey}`);
}

/**
 * Reads vectors. A vector of another length, or with a number that is not finite, counts as
 * missing: it is computed again and replaced.
 *
 * @param dimension - length of a full vector
 * @throws `CACHE_FAILED`
 */
export async function readVectors(
  cache: VectorCache,
  keys: readonly string[],
  dimension: number,
): Promise<(Float32Array | undefined)[]> {
  const vectors = await attempt("read", () => cache.getMany(keys));
  if (!Array.isArray(vectors) || vectors.length !== keys.length) {
    throw new EmbeddingGemmaError(
      "CACHE_FAILED",
      `The vector cache's getMany must return an array of ${keys.length} entries, one for each ` +
        `key; it returned ${show(vectors)}. Correct the cache, or remove the option \`cache\`.`,
      { operation: "read", keys: keys.length },
    );
  }
  return vectors.map((vector: unknown) => (isVector(vector, dimension) ? vector : undefined));
}

/**
 * Writes vectors.
 *
 * @throws `CACHE_FAILED`
 */
export async function writeVectors(
  cache: VectorCache,
  entries: readonly VectorCacheEntry[],
): Promise<void> {
  await attempt("write", () => cache.setMany(entries));
}

async function attempt<T>(operation: "read" | "write", action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (EmbeddingGemmaError.isInstance(cause)) throw cause;
    throw new EmbeddingGemmaError(
      "CACHE_FAILED",
      `The vector cache could not be ${operation === "read" ? "read" : "written"}: ` +
        `${sentenceOf(cause)} ${adviceOn(cause)}, or encode again without the option \`cache\`.`,
      { operation },
      { cause },
    );
  }
}

function adviceOn(error: unknown): string {
  return isOutOfSpace(error)
    ? "The storage is full: free some space or clear the cache"
    : "Repair or clear the cache";
}

/** As browsers say it for a page, and operating systems for a disk. */
function isOutOfSpace(error: unknown): boolean {
  return /QuotaExceeded|no space left|ENOSPC/i.test(String(error));
}

function isVector(value: unknown, dimension: number): value is Float32Array {
  return (
    typedArrayName(value) === "Float32Array" &&
    (value as Float32Array).length === dimension &&
    (value as Float32Array).every(Number.isFinite)
  );
}
