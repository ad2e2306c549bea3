import { Pacer } from "../concurrency/pacer.ts";
import { FaissStoreError } from "../errors.ts";
import type { Table } from "../rows/table.ts";
import type { FaissEngine, NativeIndex } from "./faiss-engine.ts";
import type { IndexKind } from "./index-kind.ts";
import type { IndexSpecification, SearchReply } from "./protocol.ts";

/** Numbers in one message to the engine: a megabyte takes a millisecond or two to hand over. */
const numbersPerMessage = 2 ** 18;

/**
 * A FAISS index over the first rows of a table, dead ones included; its labels are the rows. It
 * lags behind: what was added since is for the caller to scan, and is taken in once it is much.
 */
export class RowIndex<R> {
  readonly kind: IndexKind;
  readonly #engine: FaissEngine;
  readonly #specification: IndexSpecification;
  readonly #mostUncovered: number;
  readonly #isOptional: boolean;
  /**
   * Of the table that was last taken in, and of the one with which an optional index failed: it is
   * tried again with the next.
   */
  #version: number | undefined;
  #failedVersion: number | undefined;
  #native: NativeIndex | undefined;
  #covered = 0;
  #building: Promise<void> | undefined;

  /**
   * @param mostUncovered - how many rows may be left to scan
   * @param isOptional - whether, should FAISS fail, there is simply no index, instead of an error
   */
  constructor(
    engine: FaissEngine,
    kind: IndexKind,
    specification: IndexSpecification,
    { mostUncovered, isOptional }: { mostUncovered: number; isOptional: boolean },
  ) {
    this.kind = kind;
    this.#engine = engine;
    this.#specification = specification;
    this.#mostUncovered = mostUncovered;
    this.#isOptional = isOptional;
  }

  /** How many rows from the first on it can find; none while that is about to change. */
  get covered(): number {
    if (this.#building) return 0;
    if (this.#native?.isLost) this.drop();
    return this.#covered;
  }

  /**
   * Takes in the rows behind, if they are many; builds the index again, if its process has died.
   *
   * @throws FaissStoreError `ENGINE_FAILED`, unless the index is optional
   */
  async update(table: Table<R>): Promise<void> {
    this.#version = table.version;
    if (!this.#isDue(table)) return;
    this.#building ??= this.#build(table)
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#building = undefined;
      });
    await this.#building;
  }

  /**
   * @returns the best of the covered rows, -1 where there are fewer; nothing if there is no index
   * (any more)
   * @throws FaissStoreError `ENGINE_FAILED`, unless the index is optional
   */
  async search(prefixes: readonly Float32Array[], count: number): Promise<SearchReply | undefined> {
    const { dimension } = this.#specification;
    const queries = new Float32Array(prefixes.length * dimension);
    prefixes.forEach((prefix, position) => {
      queries.set(prefix, position * dimension);
    });
    const native = this.#native;
    try {
      return await native?.search(queries, count);
    } catch (error) {
      if (!native?.isLost) this.#giveUp(error);
      return undefined;
    }
  }

  async write(path: string): Promise<void> {
    await this.#native?.write(path);
  }

  /**
   * Takes over an index that was written over the first rows of the same table; one that this FAISS
   * cannot read is built again.
   */
  async read(path: string, rows: number): Promise<void> {
    const native = await this.#engine.read(path, this.#specification).catch(() => undefined);
    if (!native) return;
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

  /** Does without the index, where that is allowed. */
  #giveUp(error: unknown): void {
    const isAllowed =
      this.#isOptional && FaissStoreError.isInstance(error) && error.code === "ENGINE_FAILED";
    if (!isAllowed) throw error;
    this.drop();
    this.#failedVersion = this.#version;
  }

  #isDue(table: Table<R>): boolean {
    if (this.#building) return true;
    const { covered } = this;
    if (table.version === this.#failedVersion) return false;
    if (table.size <= this.#mostUncovered || table.rows - covered <= this.#mostUncovered)
      return false;
    return covered > 0 || table.size >= this.kind.trainingSize;
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
    if (this.#native?.isLost) this.drop();
    if (!this.#native) {
      this.#native = await this.#engine.create(this.#specification);
      if (this.kind.trainingSize > 0) await this.#train(table, this.#native);
    }
    const native = this.#native;
    const { rows } = table;
    for await (const vectors of this.#messages(
      table,
      rows - this.#covered,
      (position) => this.#covered + position,
    )) {
      await native.add(vectors);
    }
    this.#covered = rows;
  }

  /** With vectors evenly spaced over the live rows, as many as teach it something. */
  async #train(table: Table<R>, native: NativeIndex): Promise<void> {
    const live = [...table.rowOf.values()];
    const count = Math.min(live.length, this.kind.mostTrainingVectors);
    const rowAt = (position: number) => live[Math.floor((position * live.length) / count)]!;
    await native.train(this.#messages(table, count, rowAt));
  }

  /** The leading numbers of `count` rows, one row after the other. */
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
