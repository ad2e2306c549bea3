import { Pacer } from "@embeddinggemma/internal";
import { FaissStoreError } from "../errors.ts";
import type { Table } from "../rows/table.ts";
import type { FaissEngine } from "./faiss-engine.ts";
import type { IndexKind } from "./index-kind.ts";
import type { IndexSpecification, SearchReply } from "./protocol.ts";

/** Numbers in one message to the engine, 1 MiB: sending it takes one or two milliseconds. */
const numbersPerMessage = 2 ** 18;

/**
 * A FAISS index over the first rows of a table, including dead rows. Its labels are row numbers.
 * The newest rows may be missing: the caller scans them, and `update` adds them when there are
 * many.
 */
export class RowIndex<R> {
  readonly kind: IndexKind;
  readonly #engine: FaissEngine;
  readonly #specification: IndexSpecification;
  readonly #maxUncovered: number;
  readonly #isOptional: boolean;
  /** The version of the table at the last update. */
  #version: number | undefined;
  /** The version at which an optional index failed. The next version is tried again. */
  #failedVersion: number | undefined;
  /** The handle of the index in the engine. */
  #handle: number | undefined;
  #covered = 0;
  #building: Promise<void> | undefined;
  #isAbandoned = false;

  /**
   * @param maxUncovered - the caller scans up to this many rows
   * @param isOptional - if true and FAISS fails, there is no index, and no error
   */
  constructor(
    engine: FaissEngine,
    kind: IndexKind,
    specification: IndexSpecification,
    { maxUncovered, isOptional }: { maxUncovered: number; isOptional: boolean },
  ) {
    this.kind = kind;
    this.#engine = engine;
    this.#specification = specification;
    this.#maxUncovered = maxUncovered;
    this.#isOptional = isOptional;
  }

  /** How many rows the index covers, counted from the first. 0 while it is being built. */
  get covered(): number {
    if (this.#building) return 0;
    if (this.#isLost) this.release();
    return this.#covered;
  }

  /**
   * Adds the newest rows if there are many. If the process has died, builds the index again.
   *
   * @throws FaissStoreError `ENGINE_FAILED`, unless the index is optional
   */
  async update(table: Table<R>): Promise<void> {
    this.#version = table.version;
    if (!this.#isDue(table)) return;
    this.#building ??= this.#build(table)
      .catch((error: unknown) => this.#continueWithout(error))
      .finally(() => {
        this.#building = undefined;
      });
    await this.#building;
  }

  /**
   * @returns the best of the covered rows for each query; undefined if there is no index (any
   * longer)
   * @throws FaissStoreError `ENGINE_FAILED`, unless the index is optional
   */
  async search(prefixes: readonly Float32Array[], count: number): Promise<SearchReply | undefined> {
    const handle = this.#handle;
    if (handle === undefined || this.#isAbandoned) return undefined;
    const { dimension } = this.#specification;
    const queries = new Float32Array(prefixes.length * dimension);
    prefixes.forEach((prefix, position) => {
      queries.set(prefix, position * dimension);
    });
    const covered = this.#covered;
    try {
      const reply = await this.#engine.search(handle, queries, count);
      if (namesRowsOnce(reply.rows, count, covered)) return reply;
      // FAISS reads some damaged files without an error. The next update builds the index again.
      this.release();
      return undefined;
    } catch (error) {
      if (this.#engine.has(handle)) this.#continueWithout(error);
      return undefined;
    }
  }

  async write(path: string): Promise<void> {
    if (this.#handle !== undefined) await this.#engine.write(this.#handle, path);
  }

  /**
   * Reads an index that was written for the first `rows` rows of the same table. If FAISS cannot
   * read it, the next update builds the index again.
   *
   * @throws FaissStoreError `FILE_DAMAGED` if the file has another number of vectors, or of numbers
   * in a vector
   */
  async read(path: string, rows: number): Promise<void> {
    const read = await this.#engine
      .read(this, path, rows, this.#specification)
      .catch(() => undefined);
    if (!read) return;
    if (read.rows !== rows || read.dimension !== this.#specification.dimension) {
      this.#engine.free(read.index);
      throw new FaissStoreError(
        "FILE_DAMAGED",
        `${path} has ${read.rows} vectors of ${read.dimension} numbers, but the store was saved ` +
          `with ${rows} of ${this.#specification.dimension}. Restore the folder from a backup, ` +
          "or build the store again.",
        { path },
      );
    }
    this.#handle = read.index;
    this.#covered = rows;
  }

  /** Frees the index. The next update builds it again. */
  release(): void {
    if (this.#handle !== undefined) this.#engine.free(this.#handle);
    this.#handle = undefined;
    this.#covered = 0;
  }

  /**
   * From now on, no search or update waits for FAISS, not even one in progress: searches return
   * undefined, updates do nothing. `write` still works.
   */
  abandon(): void {
    this.#isAbandoned = true;
    if (this.#building) this.release();
    else if (this.#handle !== undefined) this.#engine.abandon(this.#handle);
  }

  /** Whether the process has died, and the index with it. */
  get #isLost(): boolean {
    return this.#handle !== undefined && !this.#engine.has(this.#handle);
  }

  /** @throws the error if the index is required, or if the error is not about FAISS */
  #continueWithout(error: unknown): void {
    if (this.#isAbandoned) return;
    const isAllowed =
      this.#isOptional && FaissStoreError.isInstance(error) && error.code === "ENGINE_FAILED";
    if (!isAllowed) throw error;
    this.release();
    this.#failedVersion = this.#version;
  }

  #isDue(table: Table<R>): boolean {
    if (this.#isAbandoned) return false;
    if (this.#building) return true;
    const { covered } = this;
    if (table.version === this.#failedVersion) return false;
    if (table.size <= this.#maxUncovered || table.rows - covered <= this.#maxUncovered)
      return false;
    return covered > 0 || table.size >= this.kind.trainingSize;
  }

  /** Builds or extends the index. If the process dies meanwhile, tries once more. */
  async #build(table: Table<R>): Promise<void> {
    try {
      await this.#extend(table);
    } catch (error) {
      const processDied = this.#handle === undefined || this.#isLost;
      this.release();
      if (!processDied || this.#isAbandoned) throw error;
      await this.#extend(table).catch((again) => {
        this.release();
        throw again;
      });
    }
  }

  async #extend(table: Table<R>): Promise<void> {
    if (this.#isLost) this.release();
    const handle = this.#handle ?? (await this.#create(table));
    const { rows } = table;
    for await (const vectors of this.#messages(
      table,
      rows - this.#covered,
      (position) => this.#covered + position,
    )) {
      await this.#engine.add(handle, vectors);
    }
    this.#covered = rows;
  }

  async #create(table: Table<R>): Promise<number> {
    const handle = this.#engine.newHandle();
    this.#handle = handle;
    await this.#engine.create(this, handle, this.#specification);
    if (this.kind.trainingSize > 0) await this.#train(table, handle);
    return handle;
  }

  /** Trains with a sample of vectors, spread evenly over the live rows. */
  async #train(table: Table<R>, handle: number): Promise<void> {
    const live = [...table.rowOf.values()];
    const count = Math.min(live.length, this.kind.maxTrainingVectors);
    const rowAt = (position: number) => live[Math.floor((position * live.length) / count)]!;
    await this.#engine.train(handle, this.#messages(table, count, rowAt));
  }

  /** The leading numbers of `count` rows, in pieces for one message each. */
  async *#messages(
    table: Table<R>,
    count: number,
    rowAt: (position: number) => number,
  ): AsyncIterable<Float32Array> {
    const { dimension } = this.#specification;
    const rowsPerMessage = Math.max(1, Math.floor(numbersPerMessage / dimension));
    const pacer = new Pacer();
    for (let first = 0; first < count; first += rowsPerMessage) {
      const vectors = new Float32Array(Math.min(rowsPerMessage, count - first) * dimension);
      for (let offset = 0; offset < vectors.length; offset += dimension) {
        table.readPrefix(
          rowAt(first + offset / dimension),
          vectors.subarray(offset, offset + dimension),
        );
        if (pacer.due) await pacer.pause();
      }
      yield vectors;
    }
  }
}

/** Whether all labels for a query are different rows. The label -1 means no row. */
function namesRowsOnce(labels: Int32Array, perQuery: number, rows: number): boolean {
  for (let start = 0; start < labels.length; start += perQuery) {
    const found = labels.subarray(start, start + perQuery).filter((label) => label !== -1);
    if (found.some((label) => label < 0 || label >= rows)) return false;
    if (new Set(found).size < found.length) return false;
  }
  return true;
}
