import type { FaissEngine } from "./index/faiss-engine.ts";
import { RowIndex } from "./index/row-index.ts";
import { type StoreSettings, settingsFor } from "./options.ts";
import { cloneRecord } from "./rows/json-record.ts";
import { stageItems } from "./rows/stage-items.ts";
import { Table } from "./rows/table.ts";
import type { RankedRow } from "./search/rank.ts";
import { askFilter } from "./search/row-filter.ts";
import type {
  FaissStoreEntry,
  FaissStoreFilter,
  FaissStoreHit,
  FaissStoreItem,
  FaissStoreOptions,
} from "./types.ts";

/** A scan of this many numbers takes about 1 ms, no longer than a message to the FAISS process. */
const numbersScannedFast = 2 ** 20;

/**
 * Dead rows are removed when there are more than this many, and more than this share of all rows.
 */
const minDeadRows = 1024;
const maxDeadShare = 0.25;

/** The items and the index of a store whose dimension is known. */
export class StoreContent<R> {
  readonly settings: StoreSettings;
  readonly index: RowIndex<R> | undefined;
  /** Up to this many items, a search scores all of them. */
  readonly scanBelow: number;
  table: Table<R>;

  /** @param options - already checked */
  constructor(options: FaissStoreOptions, dimension: number, engine: FaissEngine | undefined) {
    this.settings = settingsFor(options, dimension);
    this.scanBelow = options.scanBelow ?? Math.floor(numbersScannedFast / dimension);
    this.table = new Table<R>(this.settings);
    const isOptional = options.engine !== "faiss";
    this.index =
      engine && newIndex(engine, this.settings, { maxUncovered: this.scanBelow, isOptional });
  }

  /** A copy of one item; undefined if the id does not exist. */
  entry(id: string): FaissStoreEntry<R> | undefined {
    const row = this.table.rowOf.get(id);
    if (row === undefined) return undefined;
    return {
      id,
      vector: this.table.vector(row),
      record: cloneRecord(this.table.records[row] as R),
    };
  }

  hit({ row, score }: RankedRow): FaissStoreHit<R> {
    const { ids, records } = this.table;
    return { id: ids[row]!, score, record: cloneRecord(records[row] as R) };
  }

  /** The current items. Later changes do not affect them. A vector is copied when it is read. */
  items(): FaissStoreItem<R>[] {
    const { table } = this;
    return Array.from(table.rowOf, ([id, row]) => ({
      id,
      get vector() {
        return table.vector(row);
      },
      record: table.records[row] as R,
    }));
  }

  /**
   * Adds or replaces items: all of them, or none if one is invalid.
   *
   * @returns their ids
   */
  async upsert(items: readonly FaissStoreItem<R>[]): Promise<string[]> {
    const { table } = this;
    try {
      const staged = await stageItems(items, table);
      table.commit(staged);
      await this.#maintain();
      return staged.map(({ id }) => id);
    } finally {
      table.unstage();
    }
  }

  /** @returns how many were removed */
  async delete(which: readonly string[] | FaissStoreFilter<R>): Promise<number> {
    const removed = this.table.delete(typeof which === "function" ? this.#matching(which) : which);
    if (removed > 0) await this.#maintain();
    return removed;
  }

  /** The ids of the items for which a filter returns true. */
  #matching(filter: FaissStoreFilter<R>): string[] {
    const { rowOf, records } = this.table;
    return [...rowOf]
      .filter(([id, row]) => askFilter(filter, records[row] as R, id))
      .map(([id]) => id);
  }

  /** Removes dead rows when there are many, and adds new rows to the index. */
  async #maintain(): Promise<void> {
    const { deadRows, rows } = this.table;
    if (deadRows > minDeadRows && deadRows > maxDeadShare * rows) {
      this.table = await this.table.compacted();
      this.index?.release();
    }
    // The change itself has succeeded. If FAISS fails but is required, the next search tries again
    // and throws.
    await this.index?.update(this.table).catch(() => {});
  }
}

function newIndex<R>(
  engine: FaissEngine,
  { kind, searchDimension, nprobe, efSearch }: StoreSettings,
  options: { maxUncovered: number; isOptional: boolean },
): RowIndex<R> {
  const specification = {
    dimension: searchDimension,
    factory: kind.factory,
    nprobe: kind.cells && (nprobe ?? Math.min(kind.cells, Math.max(8, kind.cells >> 3))),
    efSearch: kind.links > 0 ? (efSearch ?? 64) : undefined,
  };
  return new RowIndex<R>(engine, kind, specification, options);
}
