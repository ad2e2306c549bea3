import type { ClassicLevel } from "classic-level";
import { loadCrc32 } from "#platform";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import type { VectorCache, VectorCacheEntry } from "./vector-cache.ts";

type Database = ClassicLevel<string, Uint8Array>;

/**
 * A {@link VectorCache} in a folder, on LevelDB through the package `classic-level`, which is to be
 * installed beside this one. A folder is open in one process at a time. It grows with every new
 * text; delete the folder, or {@link LevelVectorCache.clear} it, to start anew.
 *
 * Each vector is kept with a checksum: one that was damaged on the disk counts as absent.
 *
 * @example
 * await using cache = await LevelVectorCache.open("../vectors");
 * const embedder = await Embedder.load(model, { cache });
 */
export class LevelVectorCache implements VectorCache, AsyncDisposable {
  /** The folder. */
  readonly folder: string;
  readonly #database: Database;
  readonly #checksum: Checksum;

  private constructor(folder: string, database: Database, checksum: Checksum) {
    this.folder = folder;
    this.#database = database;
    this.#checksum = checksum;
  }

  /**
   * Opens the cache in a folder, or makes it.
   *
   * @throws `CACHE_FAILED` where `classic-level` is not installed, another process has the folder
   * open, or it is damaged
   */
  static async open(folder: string): Promise<LevelVectorCache> {
    if (typeof folder !== "string" || folder === "") {
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        `folder must be a path; ${show(folder)} was given.`,
        { folder },
      );
    }
    const crc32 = await loadCrc32();
    const { ClassicLevel } = await loadClassicLevel();
    const database: Database = new ClassicLevel(folder, {
      valueEncoding: "view",
      compression: false,
    });
    await database.open().catch((error: unknown) => {
      throw openingFailure(folder, error);
    });
    return new LevelVectorCache(folder, database, crc32);
  }

  async getMany(keys: readonly string[]): Promise<(Float32Array | undefined)[]> {
    const values = await this.#database.getMany([...keys]);
    return values.map((value, index) => decode(keys[index]!, value, this.#checksum));
  }

  async setMany(entries: readonly VectorCacheEntry[]): Promise<void> {
    await this.#database.batch(
      entries.map(([key, vector]) => ({
        type: "put",
        key,
        value: encode(key, vector, this.#checksum),
      })),
    );
  }

  /** Removes every vector. */
  async clear(): Promise<void> {
    await this.#database.clear();
  }

  /**
   * Closes the folder once running reads and writes are done; later calls fail. Doing it twice does
   * nothing.
   */
  async close(): Promise<void> {
    await this.#database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function loadClassicLevel(): Promise<typeof import("classic-level")> {
  // The name stands apart so that bundlers of applications that do not use the cache do not look
  // for the package.
  const name = "classic-level";
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (cause) {
    throw new EmbeddingGemmaError(
      "CACHE_FAILED",
      `LevelVectorCache needs the package classic-level, which could not be loaded: ${reasonOf(cause)}. Install it with \`npm install classic-level@3\`, or use MemoryVectorCache.`,
      { package: name },
      { cause },
    );
  }
}

function openingFailure(folder: string, error: unknown): EmbeddingGemmaError {
  // classic-level says only that opening failed; LevelDB's reason is the cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const locked = cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
  const remedy = locked
    ? "Another process, or another cache of this one, has it open: share one LevelVectorCache, or give each process a folder of its own."
    : "If it is damaged, delete the folder: its vectors are computed anew.";
  return new EmbeddingGemmaError(
    "CACHE_FAILED",
    `The vector cache in ${show(folder)} could not be opened: ${reasonOf(cause)}. ${remedy}`,
    { folder, operation: "open" },
    { cause },
  );
}

const checksumBytes = 4;

type Checksum = (data: string | Uint8Array, value?: number) => number;

/**
 * Checksum of key and numbers, 4 bytes, then the numbers; little-endian, as every machine that
 * `classic-level` runs on.
 */
function encode(key: string, vector: Float32Array, checksum: Checksum): Uint8Array {
  const numbers = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const value = new Uint8Array(checksumBytes + numbers.length);
  value.set(numbers, checksumBytes);
  new DataView(value.buffer).setUint32(0, checksum(numbers, checksum(key)), true);
  return value;
}

function decode(
  key: string,
  value: Uint8Array | undefined,
  checksum: Checksum,
): Float32Array | undefined {
  if (value === undefined || value.length < checksumBytes || value.length % 4 !== 0)
    return undefined;
  const numbers = new Uint8Array(value.subarray(checksumBytes));
  const expected = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  return checksum(numbers, checksum(key)) === expected
    ? new Float32Array(numbers.buffer)
    : undefined;
}
