import { Pacer } from "@embeddinggemma/internal";
import { RowCodes } from "./codes/row-codes.ts";
import type { FaissEngine } from "./index/faiss-engine.ts";
import { RowIndex } from "./index/row-index.ts";
import { defaultEfSearch, defaultNprobe } from "./index/search-effort.ts";
import { cloneRecord } from "./rows/json-record.ts";
import { refuseExisting, stageItems } from "./rows/stage-items.ts";
import { type SavableTable, Table } from "./rows/table.ts";
import { TableChange } from "./rows/table-change.ts";
import type { RankedRow } from "./search/rank.ts";
import { RowFilter } from "./search/row-filter.ts";
import { type StoreSettings, settingsFor } from "./store-settings.ts";
import type {
  FaissStoreEntry,
  FaissStoreFilter,
  FaissStoreHit,
  FaissStoreItem,
  FaissStoreOptions,
} from "./types.ts";

/** Scoring this many numbers takes about 1 ms, no longer than a message to the FAISS process. */
const numbersScoredWithFaiss = 2 ** 20;
/** For so few, about 0.1 ms, codes are not worth their memory. */
const numbersScoredWithCodes = 2 ** 17;

/**
 * Dead rows are removed when there are more than this many, and more than this share of all rows.
 */
const minDeadRows = 1024;
const maxDeadShare = 0.25;

/** Saves a table of a store, or what it will be after a change. */
export type SaveTable = (table: SavableTable<unknown>) => Promise<void>;

/** The items and the index of a store whose dimension is known. */
export class StoreContent<R> {
  readonly settings: StoreSettings;
  /** The FAISS index, if FAISS searches this store. */
  readonly index: RowIndex<R> | undefined;
  /** For searches without that index. */
  readonly codes = new RowCodes<R>();
  /** Up to this many items, a search scores all of them. */
  readonly scanBelow: number;
  table: Table<R>;

  /** @param options - already checked */
  constructor(options: FaissStoreOptions, dimension: number, engine: FaissEngine | undefined) {
    this.settings = settingsFor(options, dimension);
    const numbers = engine ? numbersScoredWithFaiss : numbersScoredWithCodes;
    this.scanBelow = options.scanBelow ?? Math.floor(numbers / dimension);
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
   * Adds or replaces items: all of them, or none if one is invalid or the save fails.
   *
   * @param options - `save` saves a table; the change is part of the store when it has been saved.
   * With `refusesExisting`, no item is replaced.
   * @returns their ids
   */
  async upsert(
    items: readonly FaissStoreItem<R>[],
    { save, refusesExisting }: { save?: SaveTable | undefined; refusesExisting: boolean },
  ): Promise<string[]> {
    const { table } = this;
    try {
      const staged = await stageItems(items, table);
      if (refusesExisting) refuseExisting(staged, table);
      const change = new TableChange(table);
      for (const row of staged) change.add(row);
      await this.#apply(change, save);
      return staged.map(({ id }) => id);
    } finally {
      table.unstage();
    }
  }

  /**
   * @param save - saves a table, as for `upsert`
   * @returns how many were removed
   */
  async delete(which: readonly string[] | FaissStoreFilter<R>, save?: SaveTable): Promise<number> {
    const change = new TableChange(this.table);
    const ids = typeof which === "function" ? await this.#matching(which) : which;
    const removed = ids.filter((id) => change.delete(id)).length;
    await this.#apply(change, save);
    return removed;
  }

  /**
   * Brings the index or the codes up to date, so that the next search need not.
   *
   * @throws FaissStoreError `ENGINE_FAILED` if FAISS is required
   */
  async prepareSearch(): Promise<void> {
    await this.index?.update(this.table);
    const usesCodes = !this.index?.covered && this.table.size > this.scanBelow;
    if (usesCodes) await this.codes.update(this.table, new Pacer());
    else this.codes.release();
  }

  /** The ids of the items to delete, for which a filter returns true. */
  async #matching(filter: FaissStoreFilter<R>): Promise<string[]> {
    const { table } = this;
    const rows = await new RowFilter(table, filter, { isDeletion: true }).rows(new Pacer());
    return rows.map((row) => table.ids[row]!);
  }

  /** Saves and commits a change. If the save fails, the content stays as it was. */
  async #apply(change: TableChange<R>, save?: SaveTable): Promise<void> {
    await save?.(change);
    if (change.isEmpty) return;
    change.commit();
    const { lineage } = this.table;
    const covered = this.index?.covered;
    await this.#maintain();
    const hasNewFiles =
      this.table.lineage !== lineage ||
      (!this.settings.kind.isFlat && this.index?.covered !== covered);
    // The items are saved already. What is missing in the folder now only saves time.
    if (hasNewFiles) await save?.(this.table).catch(() => {});
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
    await this.prepareSearch().catch(() => {});
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
    nprobe: kind.cells && (nprobe ?? defaultNprobe(kind.cells)),
    efSearch: kind.links > 0 ? (efSearch ?? defaultEfSearch(kind.links)) : undefined,
  };
  return new RowIndex<R>(engine, kind, specification, options);
}
