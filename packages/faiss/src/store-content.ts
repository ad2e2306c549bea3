import type { FaissEngine } from "./engine/faiss-engine.ts";
import { RowIndex } from "./engine/row-index.ts";
import { type StoreSettings, settingsFor } from "./options.ts";
import { Table } from "./rows/table.ts";
import type { FaissStoreOptions } from "./types.ts";

/** About a million numbers are scanned in a millisecond, which is what asking the engine's process costs at most. */
const numbersScannedFast = 2 ** 20;

/** Dead rows are cleared away once they are so many, and this share of all. */
const leastDeadRows = 1024;
const mostDeadShare = 0.25;

/** The items of a store, once the dimension is known, and the index that helps to find them. */
export class StoreContent<R> {
  readonly settings: StoreSettings;
  readonly index: RowIndex<R> | undefined;
  /** Up to so many items every one is scored. */
  readonly exactBelow: number;
  table: Table<R>;

  /** @param options - checked */
  constructor(options: FaissStoreOptions, dimension: number, engine: FaissEngine | undefined) {
    this.settings = settingsFor(options, dimension);
    this.exactBelow = options.exactBelow ?? Math.floor(numbersScannedFast / this.settings.searchDimension);
    this.table = new Table<R>(this.settings);
    this.index = engine && newIndex(engine, this.settings, this.exactBelow);
  }

  /** Clears dead rows away when they are many, and lets the index take in new ones. */
  async maintain(): Promise<void> {
    const { deadRows, rows } = this.table;
    if (deadRows > leastDeadRows && deadRows > mostDeadShare * rows) {
      this.table = await this.table.compacted();
      this.index?.drop();
    }
    // The items are in; should FAISS fail, the next search tries again and reports it.
    await this.index?.update(this.table).catch(() => {});
  }
}

function newIndex<R>(
  engine: FaissEngine,
  { kind, searchDimension, nprobe, efSearch }: StoreSettings,
  exactBelow: number,
): RowIndex<R> {
  const specification = {
    dimension: searchDimension,
    factory: kind.factory,
    nprobe: kind.cells && (nprobe ?? Math.min(kind.cells, Math.max(8, kind.cells >> 3))),
    efSearch: kind.isGraph ? (efSearch ?? 64) : undefined,
  };
  return new RowIndex<R>(engine, kind, specification, exactBelow);
}
