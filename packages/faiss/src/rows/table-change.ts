import type { SavableTable, StagedRow, Table, TableRow, TableShape } from "./table.ts";
import type { VectorRows } from "./vector-rows.ts";

interface AddedRow<R> extends TableRow<R> {
  prefixScale: number;
}

/**
 * A change of a table: rows to add, and items to replace or delete. Until `commit`, the table stays
 * as it is, and the change reads as the table will be, so that it can be saved first.
 */
export class TableChange<R> implements SavableTable<R> {
  readonly lineage: symbol;
  readonly shape: TableShape;
  readonly vectors: VectorRows;
  readonly #table: Table<R>;
  /** The rows after those of the table; undefined for a row that a later one replaces. */
  readonly #added: (AddedRow<R> | undefined)[] = [];
  /** Rows of the table that will be dead. */
  readonly #dead = new Set<number>();
  /** The new rows of ids; undefined for an id that will be deleted. */
  readonly #rowOf = new Map<string, number | undefined>();
  #size: number;
  #nextSequence: number;

  constructor(table: Table<R>) {
    this.#table = table;
    this.lineage = table.lineage;
    this.shape = table.shape;
    this.vectors = table.vectors;
    this.#size = table.size;
    this.#nextSequence = table.nextSequence;
  }

  get isEmpty(): boolean {
    return this.#added.length === 0 && this.#dead.size === 0;
  }

  get version(): number {
    return this.#table.version + (this.isEmpty ? 0 : 1);
  }

  get size(): number {
    return this.#size;
  }

  get rows(): number {
    return this.#table.rows + this.#added.length;
  }

  isLive(row: number): boolean {
    const added = row - this.#table.rows;
    if (added >= 0) return this.#added[added] !== undefined;
    return !this.#dead.has(row) && this.#table.isLive(row);
  }

  rowAt(row: number): TableRow<R> | undefined {
    const added = row - this.#table.rows;
    if (added >= 0) return this.#added[added];
    return this.#dead.has(row) ? undefined : this.#table.rowAt(row);
  }

  /** Adds an item. One with the same id is replaced, and its place in insertion order is kept. */
  add({ id, record, prefixScale }: StagedRow<R>): void {
    const replaced = this.#remove(id);
    const sequence = replaced?.sequence ?? this.#nextSequence++;
    this.#rowOf.set(id, this.rows);
    this.#added.push({ id, record, sequence, prefixScale });
    this.#size++;
  }

  /** @returns whether the id exists */
  delete(id: string): boolean {
    if (!this.#remove(id)) return false;
    this.#rowOf.set(id, undefined);
    return true;
  }

  /** Changes the table, all at once. */
  commit(): void {
    const table = this.#table;
    const { version } = this;
    for (const row of this.#dead) table.markDead(row);
    for (const added of this.#added) {
      table.ids.push(added?.id);
      table.records.push(added?.record);
      table.sequence.push(added?.sequence ?? 0);
      table.prefixScales.push(added?.prefixScale ?? 0);
    }
    for (const [id, row] of this.#rowOf) {
      if (row === undefined) table.rowOf.delete(id);
      else table.rowOf.set(id, row);
    }
    table.nextSequence = this.#nextSequence;
    table.version = version;
  }

  /** @returns the row of the id, which is dead now */
  #remove(id: string): TableRow<R> | undefined {
    const row = this.#rowOf.has(id) ? this.#rowOf.get(id) : this.#table.rowOf.get(id);
    if (row === undefined) return undefined;
    const removed = this.rowAt(row);
    const added = row - this.#table.rows;
    if (added >= 0) this.#added[added] = undefined;
    else this.#dead.add(row);
    this.#size--;
    return removed;
  }
}
