import { digestText } from "../digest.ts";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";

/**
 * Keeps vectors from one call or run to the next, so that a text that was embedded before is not
 * embedded again. `MemoryVectorCache` and `LevelVectorCache` are two; any object of this shape will
 * do.
 *
 * What is kept are full vectors as the model gives them: one cache serves every `truncateDim`, with
 * and without `normalize`, and any number of models, since the keys contain the identity of the
 * model.
 */
export interface VectorCache {
  /**
   * @param keys - SHA-256 in hex, 64 characters each
   * @returns one entry for each key, in the order of the keys: its vector, or undefined where there
   * is none
   */
  getMany(keys: readonly string[]): Promise<readonly (Float32Array | undefined)[]>;
  /**
   * Keeps vectors, in place of those under the same keys.
   *
   * @param entries - keys and vectors; the vectors are views of a larger array, so copy what stays
   */
  setMany(entries: readonly VectorCacheEntry[]): Promise<void>;
}

export type VectorCacheEntry = readonly [key: string, vector: Float32Array];

/**
 * The key of a text's full vector: SHA-256 of the model's identity, the prompt and the text, in
 * hex.
 */
export function vectorCacheKey(
  modelIdentity: string,
  { prompt, text }: { readonly prompt: string; readonly text: string },
): string {
  return digestText(`${modelIdentity}\n${prompt.length}:${prompt}${text}`);
}

/**
 * Reads vectors. One that cannot be the model's, by its length or a number that is not finite,
 * counts as absent: it is computed anew and replaced.
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
      `The vector cache's getMany must give one entry for each of the ${keys.length} keys; it gave ${show(vectors)}. ` +
        "Correct the cache, or leave out the option `cache`.",
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
      `The vector cache could not be ${operation === "read" ? "read" : "written"}: ${reasonOf(cause)}. ` +
        "Repair or empty the cache, or leave out the option `cache`.",
      { operation },
      { cause },
    );
  }
}

function isVector(value: unknown, dimension: number): value is Float32Array {
  return (
    value instanceof Float32Array && value.length === dimension && value.every(Number.isFinite)
  );
}
