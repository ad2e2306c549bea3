import { RecordManager } from "@langchain/core/indexing";

/**
 * LangChain's record of what is indexed, read from the store itself: whatever is in the store is
 * indexed, even if an earlier run failed. A separate file of records could be saved without the
 * store, and would then hide documents from every later run.
 */
export class StoreRecords extends RecordManager {
  /** @override */
  lc_namespace = ["example", "recordmanagers"];
  /**
   * When this run saw a key. Keys that are missing here are from earlier runs.
   *
   * @type {Map<string, number>}
   */
  #updatedAt = new Map();
  #store;
  #sourceIdKey;

  /**
   * @param {Awaited<ReturnType<import("@embeddinggemma/langchain").FaissStore["client"]>>} store -
   * the vector store's `client()`
   * @param {string} sourceIdKey - the metadata key that you pass to `index`
   */
  constructor(store, sourceIdKey) {
    super({});
    this.#store = store;
    this.#sourceIdKey = sourceIdKey;
  }

  async createSchema() {}

  async getTime() {
    return performance.timeOrigin + performance.now();
  }

  /**
   * @param {string[]} keys
   * @param {import("@langchain/core/indexing").UpdateOptions} [options]
   */
  async update(keys, { timeAtLeast = 0 } = {}) {
    const updatedAt = await this.getTime();
    if (updatedAt < timeAtLeast) throw new Error("The clock of this machine went backwards.");
    for (const key of keys) this.#updatedAt.set(key, updatedAt);
  }

  /** @param {string[]} keys */
  async exists(keys) {
    return keys.map((key) => this.#store.has(key));
  }

  /** @param {import("@langchain/core/indexing").ListKeyOptions} [options] */
  async listKeys({ before = Number.POSITIVE_INFINITY, after = -1, groupIds, limit } = {}) {
    const keys = this.#store.ids().filter((key) => {
      const updatedAt = this.#updatedAt.get(key) ?? 0;
      return (
        updatedAt < before &&
        updatedAt > after &&
        (!groupIds || groupIds.includes(this.#sourceOf(key)))
      );
    });
    return keys.slice(0, limit);
  }

  /** @param {string[]} keys - already deleted from the store */
  async deleteKeys(keys) {
    for (const key of keys) this.#updatedAt.delete(key);
  }

  /** @param {string} key */
  #sourceOf(key) {
    return /** @type {string} */ (this.#store.get(key)?.record.metadata[this.#sourceIdKey]);
  }
}
