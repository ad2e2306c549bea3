import { LRUCache } from "lru-cache";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { VectorCache, VectorCacheEntry } from "./vector-cache.ts";

export interface MemoryVectorCacheOptions {
  /**
   * Bytes of vectors that are kept; those that were not used for longest go first.
   *
   * @default 134217728 (128 MiB)
   */
  maxBytes?: number | undefined;
}

/**
 * A {@link VectorCache} in memory, for the life of the process.
 *
 * @example
 * const embedder = await Embedder.load(model, { cache: new MemoryVectorCache() });
 */
export class MemoryVectorCache implements VectorCache {
  readonly #vectors: LRUCache<string, Float32Array>;

  /** @throws `INVALID_ARGUMENT` */
  constructor({ maxBytes = 128 * 2 ** 20 }: MemoryVectorCacheOptions = {}) {
    if (!Number.isInteger(maxBytes) || maxBytes < 1) {
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        `maxBytes must be a whole number of at least 1; ${show(maxBytes)} was given.`,
        { maxBytes },
      );
    }
    this.#vectors = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (vector) => vector.byteLength,
    });
  }

  /** Vectors in the cache. */
  get size(): number {
    return this.#vectors.size;
  }

  async getMany(keys: readonly string[]): Promise<(Float32Array | undefined)[]> {
    return keys.map((key) => this.#vectors.get(key));
  }

  async setMany(entries: readonly VectorCacheEntry[]): Promise<void> {
    for (const [key, vector] of entries) this.#vectors.set(key, vector.slice());
  }

  clear(): void {
    this.#vectors.clear();
  }
}
