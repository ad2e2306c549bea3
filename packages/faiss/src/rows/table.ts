import { Pacer } from "@embeddinggemma/internal";
import { Float32Rows } from "./float32-rows.ts";
import { Int8Rows } from "./int8-rows.ts";
import { norm } from "./vector-math.ts";
import type { VectorRows } from "./vector-rows.ts";

export interface TableShape {
  dimension: number;
  searchDimension: number;
  precision: "float32" | "int8";
}

/** A row to add with a `TableChange`. Its vector has already been appended to the vectors. */
export interface StagedRow<R> {
  id: string;
  record: R;
  prefixScale: number;
}

/** A live row as it is saved, without its vector. */
export interface TableRow<R> {
  id: string;
  record: R;
  sequence: number;
}

/** What a save reads: a table, or a table as it will be after a change. */
export interface SavableTable<R> {
  readonly lineage: symbol;
  readonly version: number;
  readonly shape: TableShape;
  readonly vectors: VectorRows;
  readonly size: number;
  readonly rows: number;
  isLive(row: number): boolean;
  /** undefined for a dead row. */
  rowAt(row: number): TableRow<R> | undefined;
}

/**
 * The items of a store, one a row. Rows are only appended, so that an index over the rows stays
 * valid: replacing or deleting an item leaves a dead row. `TableChange` changes the items, and
 * `compacted` copies the table without dead rows.
 */
export class Table<R> implements SavableTable<R> {
  /** Identifies this table. The rows that were saved from it are still its first rows. */
  readonly lineage = Symbol("table");
  readonly shape: TableShape;
  readonly vectors: VectorRows;
  /**
   * 1 / the length of the first `searchDimension` numbers of each row, which makes a prefix score a
   * cosine.
   */
  readonly prefixScales: number[] = [];
  /** `undefined` marks a dead row. */
  readonly ids: (string | undefined)[] = [];
  readonly records: (R | undefined)[] = [];
  /** Insertion order of the rows. An item that is replaced keeps its number. */
  readonly sequence: number[] = [];
  readonly rowOf = new Map<string, number>();
  /** Increases with every change. */
  version = 0;
  /** Number of the next new item in insertion order. */
  nextSequence = 0;

  constructor(shape: TableShape) {
    this.shape = shape;
    this.vectors =
      shape.precision === "int8" ? new Int8Rows(shape.dimension) : new Float32Rows(shape.dimension);
  }

  /** Number of items. */
  get size(): number {
    return this.rowOf.size;
  }

  /** Number of rows, including dead ones. */
  get rows(): number {
    return this.ids.length;
  }

  get deadRows(): number {
    return this.rows - this.size;
  }

  isLive(row: number): boolean {
    return this.ids[row] !== undefined;
  }

  rowAt(row: number): TableRow<R> | undefined {
    const id = this.ids[row];
    if (id === undefined) return undefined;
    return { id, record: this.records[row] as R, sequence: this.sequence[row]! };
  }

  vector(row: number): Float32Array {
    const vector = new Float32Array(this.shape.dimension);
    this.vectors.read(row, vector);
    return vector;
  }

  /** Copies the leading numbers of a row as a unit vector, as the index has them. */
  readPrefix(row: number, target: Float32Array): void {
    this.vectors.read(row, target);
    const scale = this.prefixScales[row]!;
    if (scale !== 1) for (let index = 0; index < target.length; index++) target[index]! *= scale;
  }

  prefixScore(row: number, prefix: Float32Array): number {
    return this.vectors.dot(row, prefix, prefix.length) * this.prefixScales[row]!;
  }

  score(row: number, query: Float32Array): number {
    return Math.min(1, Math.max(-1, this.vectors.dot(row, query, query.length)));
  }

  /** Appends the vector of a row that a `TableChange` will add. */
  stage(vector: Float32Array, id: string, record: R): StagedRow<R> {
    this.vectors.append(vector);
    return { id, record, prefixScale: this.#prefixScale(this.vectors.length - 1) };
  }

  /** Drops the vectors that were staged but not committed. */
  unstage(): void {
    this.vectors.truncate(this.rows);
  }

  /** Appends a saved row whose vector has been appended. `id` is undefined for a dead row. */
  restore(id: string | undefined, record: R | undefined, sequence: number): void {
    this.prefixScales.push(this.#prefixScale(this.rows));
    this.ids.push(id);
    this.records.push(record);
    this.sequence.push(sequence);
  }

  /** Call it after the last `restore`. Puts the ids into insertion order. */
  finishRestoring(): void {
    const rows = [...this.ids.keys()].filter((row) => this.isLive(row));
    rows.sort((one, other) => this.sequence[one]! - this.sequence[other]!);
    for (const row of rows) this.rowOf.set(this.ids[row]!, row);
    this.nextSequence = rows.length === 0 ? 0 : this.sequence[rows.at(-1)!]! + 1;
  }

  /** A new table of the items in insertion order, without dead rows. */
  async compacted(): Promise<Table<R>> {
    const table = new Table<R>(this.shape);
    const vector = new Float32Array(this.shape.dimension);
    const pacer = new Pacer();
    for (const [id, row] of this.rowOf) {
      if (pacer.due) await pacer.pause();
      this.vectors.read(row, vector);
      table.vectors.append(vector);
      table.restore(id, this.records[row], table.rows);
    }
    table.finishRestoring();
    table.version = this.version + 1;
    return table;
  }

  /**
   * Marks a row as dead.
   *
   * @returns whether the row exists
   */
  markDead(row: number): boolean {
    if (row >= this.rows) return false;
    this.ids[row] = undefined;
    this.records[row] = undefined;
    return true;
  }

  #prefixScale(row: number): number {
    const { dimension, searchDimension } = this.shape;
    if (searchDimension === dimension) return 1;
    const prefix = prefixBuffer(searchDimension);
    this.vectors.read(row, prefix);
    const length = norm(prefix);
    return length === 0 ? 0 : 1 / length;
  }
}

let sharedPrefix = new Float32Array(0);

function prefixBuffer(length: number): Float32Array {
  if (sharedPrefix.length !== length) sharedPrefix = new Float32Array(length);
  return sharedPrefix;
}
