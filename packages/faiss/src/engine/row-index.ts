import { Pacer } from "../concurrency/pacer.ts";
import { FaissStoreError } from "../errors.ts";
import type { IndexKind } from "../index-kind.ts";
import type { Table } from "../rows/table.ts";
import type { FaissEngine, IndexSpecification, NativeIndex } from "./faiss-engine.ts";
import type { SearchReply } from "./protocol.ts";

/** Numbers in one message to the engine: a megabyte takes a millisecond or two to hand over. */
const numbersPerMessage = 2 ** 18;

/**
 * A FAISS index over the first rows of a table, dead ones included; its labels are the rows. It lags behind: what was added since
 * is for the caller to scan, and is taken in once it is much.
 */
export class RowIndex<R> {
  readonly kind: IndexKind;
  readonly #engine: FaissEngine;
  readonly #specification: IndexSpecification;
  readonly #mostUncovered: number;
  #native: NativeIndex | undefined;
  #covered = 0;
  #building: Promise<void> | undefined;

  /** @param mostUncovered - how many rows may be left to scan */
  constructor(engine: FaissEngine, kind: IndexKind, specification: IndexSpecification, mostUncovered: number) {
    this.kind = kind;
    this.#engine = engine;
    this.#specification = specification;
    this.#mostUncovered = mostUncovered;
  }

  /** How many rows from the first on it can find. */
  get covered(): number {
    if (this.#native?.isLost) this.drop();
    return this.#covered;
  }

  /** Takes in the rows behind, if they are many; builds the index again, if its process has died. */
  async update(table: Table<R>): Promise<void> {
    if (!this.#isDue(table)) return;
    this.#building ??= this.#build(table).finally(() => {
      this.#building = undefined;
    });
    await this.#building;
  }

  /** @returns the best of the covered rows, -1 where there are fewer; nothing if there is no index (any more) */
  async search(prefixes: readonly Float32Array[], count: number): Promise<SearchReply | undefined> {
    const { dimension } = this.#specification;
    const queries = new Float32Array(prefixes.length * dimension);
    prefixes.forEach((prefix, position) => {
      queries.set(prefix, position * dimension);
    });
    try {
      return await this.#native?.search(queries, count);
    } catch (error) {
      if (this.#native?.isLost) return undefined;
      throw error;
    }
  }

  /** @returns whether there was something to write */
  async write(path: string): Promise<boolean> {
    if (this.covered === 0) return false;
    await this.#native?.write(path);
    return true;
  }

  /** Takes over an index that was written over the first rows of the same table. */
  async read(path: string, rows: number): Promise<void> {
    const native = await this.#engine.read(path, this.#specification);
    if (native.rows !== rows || native.dimension !== this.#specification.dimension) {
      native.free();
      throw new FaissStoreError(
        "FILE_DAMAGED",
        `${path} holds ${native.rows} vectors of ${native.dimension} numbers, but ${rows} of ${this.#specification.dimension} were saved.`,
        { path },
      );
    }
    this.#native = native;
    this.#covered = rows;
  }

  drop(): void {
    this.#native?.free();
    this.#native = undefined;
    this.#covered = 0;
  }

  #isDue(table: Table<R>): boolean {
    if (table.size <= this.#mostUncovered || table.rows - this.covered <= this.#mostUncovered) return false;
    return this.#covered > 0 || table.size >= this.kind.trainingSize;
  }

  async #build(table: Table<R>): Promise<void> {
    try {
      await this.#extend(table);
    } catch (error) {
      const processDied = this.#native?.isLost ?? true;
      this.drop();
      if (!processDied) throw error;
      await this.#extend(table).catch((again) => {
        this.drop();
        throw again;
      });
    }
  }

  async #extend(table: Table<R>): Promise<void> {
    if (this.covered === 0) {
      this.#native = await this.#engine.create(this.#specification);
      if (this.kind.trainingSize > 0) await this.#train(table, this.#native);
    }
    const native = this.#native!;
    for await (const { vectors, end } of this.#prefixes(table, this.#covered)) {
      await native.add(vectors);
      this.#covered = end;
    }
  }

  async *#prefixes(table: Table<R>, start: number): AsyncIterable<{ vectors: Float32Array; end: number }> {
    const { dimension } = this.#specification;
    const rowsPerMessage = Math.max(1, Math.floor(numbersPerMessage / dimension));
    const pacer = new Pacer();
    for (let first = start; first < table.rows; first += rowsPerMessage) {
      const end = Math.min(table.rows, first + rowsPerMessage);
      const vectors = new Float32Array((end - first) * dimension);
      for (let row = first; row < end; row++) {
        table.readPrefix(row, vectors.subarray((row - first) * dimension, (row - first + 1) * dimension));
      }
      yield { vectors, end };
      if (pacer.due) await pacer.pause();
    }
  }

  /** With vectors evenly spaced over the live rows, as many as teach it something. */
  async #train(table: Table<R>, native: NativeIndex): Promise<void> {
    const { dimension } = this.#specification;
    const live = [...table.rowOf.values()];
    const count = Math.min(live.length, this.kind.mostTrainingVectors);
    const vectors = new Float32Array(count * dimension);
    const pacer = new Pacer();
    for (let position = 0; position < count; position++) {
      const row = live[Math.floor((position * live.length) / count)]!;
      table.readPrefix(row, vectors.subarray(position * dimension, (position + 1) * dimension));
      if (pacer.due) await pacer.pause();
    }
    await native.train(vectors);
  }
}
