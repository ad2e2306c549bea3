import { readFile, rename, writeFile } from "node:fs/promises";
import { RecordManager } from "@langchain/core/indexing";

/**
 * LangChain's memory of what is indexed, in one JSON file: key, time and source of every part.
 *
 * @typedef {{ updatedAt: number, groupId: string | null }} IndexRecord
 */
export class FileRecordManager extends RecordManager {
  /** @override */
  lc_namespace = ["example", "recordmanagers"];
  /** @type {Map<string, IndexRecord>} */
  #records = new Map();
  #path;

  /** @param {string} path */
  constructor(path) {
    super({});
    this.#path = path;
  }

  /** Reads the file, if there is one. */
  async createSchema() {
    const content = await readFile(this.#path, "utf8").catch((error) => {
      if (error.code === "ENOENT") return "[]";
      throw error;
    });
    this.#records = new Map(JSON.parse(content));
  }

  async getTime() {
    return performance.timeOrigin + performance.now();
  }

  /**
   * @param {string[]} keys
   * @param {import("@langchain/core/indexing").UpdateOptions} [options]
   */
  async update(keys, { groupIds, timeAtLeast = 0 } = {}) {
    const updatedAt = await this.getTime();
    if (updatedAt < timeAtLeast) throw new Error("The clock of this machine went back.");
    keys.forEach((key, place) => {
      const groupId = groupIds?.[place] ?? this.#records.get(key)?.groupId ?? null;
      this.#records.set(key, { updatedAt, groupId });
    });
    await this.#write();
  }

  /** @param {string[]} keys */
  async exists(keys) {
    return keys.map((key) => this.#records.has(key));
  }

  /** @param {import("@langchain/core/indexing").ListKeyOptions} [options] */
  async listKeys({ before = Number.POSITIVE_INFINITY, after = 0, groupIds, limit } = {}) {
    const keys = [...this.#records].flatMap(([key, { updatedAt, groupId }]) =>
      updatedAt < before && updatedAt > after && (!groupIds || groupIds.includes(groupId)) ? [key] : [],
    );
    return keys.slice(0, limit);
  }

  /** @param {string[]} keys */
  async deleteKeys(keys) {
    for (const key of keys) this.#records.delete(key);
    await this.#write();
  }

  async #write() {
    const partial = `${this.#path}.partial`;
    await writeFile(partial, JSON.stringify([...this.#records]));
    await rename(partial, this.#path);
  }
}
