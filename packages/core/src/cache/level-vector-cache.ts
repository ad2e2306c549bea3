import { SharedPromise } from "@embeddinggemma/internal";
import { crc32 } from "../crc32.ts";
import { EmbeddingGemmaError, isError, sentenceOf, show } from "../errors.ts";
import type { VectorCache, VectorCacheEntry } from "./vector-cache.ts";

/**
 * What {@link LevelVectorCache} needs of a database. Every `abstract-level` database has it:
 * `ClassicLevel` of the package `classic-level` (a folder), `BrowserLevel` of `browser-level`
 * (IndexedDB), `MemoryLevel` of `memory-level` and others.
 *
 * @see https://github.com/Level/abstract-level
 */
export interface LevelDatabase {
  open(): Promise<void>;
  getMany(keys: string[], options: LevelEncodings): Promise<(Uint8Array | undefined)[]>;
  batch(
    operations: { type: "put"; key: string; value: Uint8Array }[],
    options: LevelEncodings,
  ): Promise<void>;
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** How a {@link LevelDatabase} stores keys and values; passed to each call. */
export interface LevelEncodings {
  readonly keyEncoding: "utf8";
  readonly valueEncoding: "view";
}

const encodings: LevelEncodings = { keyEncoding: "utf8", valueEncoding: "view" };

/**
 * A {@link VectorCache} in a database, which outlives the process. It grows with every new text; to
 * start over, {@link LevelVectorCache.clear} it. Give it its own database, or its own sublevel of
 * one.
 *
 * Each vector has a checksum: one that was damaged on the disk counts as missing.
 *
 * @example
 * import { ClassicLevel } from "classic-level";
 *
 * await using cache = new LevelVectorCache(new ClassicLevel("./vectors"));
 * const embedder = await Embedder.load(model, { cache });
 */
export class LevelVectorCache implements VectorCache, AsyncDisposable {
  readonly #database: LevelDatabase;
  readonly #opening: SharedPromise<void>;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /**
   * @param database - opened at the first read or write, if it is not open yet
   * @throws `INVALID_ARGUMENT`
   */
  constructor(database: LevelDatabase) {
    if (!isLevelDatabase(database)) {
      throw new EmbeddingGemmaError(
        "INVALID_ARGUMENT",
        "LevelVectorCache needs a database such as `new ClassicLevel(folder)` of the package " +
          `classic-level; ${show(database)} was given.`,
        { database },
      );
    }
    this.#database = database;
    this.#opening = new SharedPromise(() => openDatabase(database));
  }

  /**
   * The API of version 0.1, which opened a folder with `classic-level`.
   *
   * @deprecated use `new LevelVectorCache(new ClassicLevel(folder))`; it reads the same folders
   * @throws `INVALID_ARGUMENT`, always
   */
  static async open(folder: string): Promise<never> {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "LevelVectorCache.open(folder) was replaced: import { ClassicLevel } from " +
        `"classic-level" and use new LevelVectorCache(new ClassicLevel(${show(folder)})).`,
      { folder },
    );
  }

  async getMany(keys: readonly string[]): Promise<(Float32Array | undefined)[]> {
    const values = await this.#run("read", () => this.#database.getMany([...keys], encodings));
    return values.map((value, index) => decode(keys[index]!, value));
  }

  async setMany(entries: readonly VectorCacheEntry[]): Promise<void> {
    const operations = entries.map(([key, vector]) => {
      return { type: "put" as const, key, value: encode(key, vector) };
    });
    await this.#run("write", () => this.#database.batch(operations, encodings));
  }

  /** Removes every vector, and whatever else is in the database. */
  async clear(): Promise<void> {
    await this.#run("clear", () => this.#database.clear());
  }

  /**
   * Waits for running reads and writes, then closes the database. Later calls fail, also of other
   * caches on this database.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    await this.#database.close();
  }

  async #run<T>(operation: "read" | "write" | "clear", action: () => Promise<T>): Promise<T> {
    if (this.#closing) throw closedError(operation);
    const running = this.#opening.get().then(action);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      // The application has closed the database itself.
      const isClosed = (error as { code?: unknown } | null)?.code === "LEVEL_DATABASE_NOT_OPEN";
      throw isClosed ? closedError(operation, error) : error;
    } finally {
      this.#running.delete(running);
    }
  }
}

function closedError(operation: string, cause?: unknown): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "CACHE_FAILED",
    "The vector cache is closed. Close it, and its database, only after you dispose the last " +
      "embedder that uses it.",
    { operation },
    cause ? { cause } : undefined,
  );
}

function isLevelDatabase(value: unknown): value is LevelDatabase {
  const methods = ["open", "getMany", "batch", "clear", "close"] as const;
  const database = value as Partial<LevelDatabase> | null | undefined;
  return methods.every((method) => typeof database?.[method] === "function");
}

async function openDatabase(database: LevelDatabase): Promise<void> {
  try {
    await database.open();
  } catch (error) {
    // abstract-level says only that opening failed; the reason is the cause.
    const cause = isError(error) && isError(error.cause) ? error.cause : error;
    const isLocked = isError(cause) && cause.code === "LEVEL_LOCKED";
    const remedy = isLocked
      ? "It is already open, here or in another process: share one LevelVectorCache, or give " +
        "each process its own folder."
      : "If it is damaged, delete it: its vectors will be computed again.";
    throw new EmbeddingGemmaError(
      "CACHE_FAILED",
      `The vector cache could not be opened: ${sentenceOf(cause)} ${remedy}`,
      { operation: "open" },
      { cause },
    );
  }
}

const checksumBytes = 4;
const utf8 = new TextEncoder();

/**
 * Checksum of key and numbers, 4 bytes, then the numbers in this machine's byte order, which is
 * little-endian almost everywhere.
 */
function encode(key: string, vector: Float32Array): Uint8Array {
  const numbers = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const value = new Uint8Array(checksumBytes + numbers.length);
  value.set(numbers, checksumBytes);
  new DataView(value.buffer).setUint32(0, checksumOf(key, numbers), true);
  return value;
}

function decode(key: string, value: Uint8Array | undefined): Float32Array | undefined {
  if (value === undefined || value.length < checksumBytes || value.length % 4 !== 0)
    return undefined;
  // A copy: a Buffer's `slice` would share its memory.
  const numbers = new Uint8Array(value.subarray(checksumBytes));
  const checksum = new DataView(value.buffer, value.byteOffset).getUint32(0, true);
  return checksumOf(key, numbers) === checksum ? new Float32Array(numbers.buffer) : undefined;
}

function checksumOf(key: string, numbers: Uint8Array): number {
  return crc32(numbers, crc32(utf8.encode(key)));
}
