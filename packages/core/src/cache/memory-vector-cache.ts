import { LRUCache } from "lru-cache";
import { checkOptions, rules } from "../check.ts";
import type { VectorCache, VectorCacheEntry } from "./vector-cache.ts";

export interface MemoryVectorCacheOptions {
  /**
   * Maximum size of all vectors in bytes; the least recently used are removed first.
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
  constructor(options: MemoryVectorCacheOptions = {}) {
    checkOptions(options, { maxBytes: rules.count });
    const { maxBytes = 128 * 2 ** 20 } = options;
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
