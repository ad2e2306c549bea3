import { randomUUID } from "node:crypto";
import { Pacer } from "@embeddinggemma/internal";
import { FaissStoreError, show } from "../errors.ts";
import type { FaissStoreBatch, FaissStoreItem } from "../types.ts";
import { copyRecord } from "./json-record.ts";
import type { StagedRow, Table } from "./table.ts";
import { isVector, writeUnitVector } from "./unit-vector.ts";

export type Items<R> = readonly FaissStoreItem<R>[] | FaissStoreBatch<R>;

/**
 * Checks items and writes their vectors behind the rows of a table. The caller commits them, or
 * unstages them if this throws.
 */
export async function stageItems<R>(items: Items<R>, table: Table<R>): Promise<StagedRow<R>[]> {
  const staged: StagedRow<R>[] = [];
  const unit = new Float32Array(table.shape.dimension);
  const pacer = new Pacer();
  for (const { id: given, vector, record } of each(items, table.shape.dimension)) {
    const id = checkId(given, staged.length);
    writeUnitVector(vector, unit, () => `the vector of item ${staged.length} (${show(id)})`);
    if (record === undefined) {
      throw new FaissStoreError(
        "INVALID_RECORD",
        `Item ${staged.length} (${show(id)}) has no record. Pass null if there is nothing to keep.`,
        { id, path: "record" },
      );
    }
    staged.push(table.stage(unit, id, copyRecord(record, id)));
    if (pacer.due) await pacer.pause();
  }
  return staged;
}

/**
 * How long the vectors are, from the first.
 *
 * @returns nothing if there are no items
 */
export function dimensionOf<R>(items: Items<R>): number | undefined {
  if (isBatch(items)) {
    const count = items.ids?.length ?? items.records?.length;
    if (items.vectors.length === 0) return undefined;
    if (count === undefined || items.vectors.length % count !== 0 || count === 0) {
      throw new FaissStoreError(
        "INVALID_ARGUMENT",
        `vectors holds ${items.vectors.length} numbers, but without a dimension and with ${count ?? "no"} ids or records ` +
          "nobody can tell where a vector ends. Give the store its dimension, or one id a vector.",
      );
    }
    return items.vectors.length / count;
  }
  const [first] = items;
  if (first === undefined) return undefined;
  checkItem(first, 0);
  if (!isVector(first.vector) || first.vector.length === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `A vector is an array of numbers that is not empty, but the vector of item 0 is ${show(first.vector)}.`,
    );
  }
  return first.vector.length;
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkItems<R>(items: Items<R>): void {
  if (Array.isArray(items)) return;
  if (
    typeof items !== "object" ||
    items === null ||
    !isBatch(items) ||
    !(items.vectors instanceof Float32Array)
  ) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `upsert takes an array of { id, vector, record }, or { vectors: Float32Array, ids, records }, but was given ${show(items)}.`,
    );
  }
  for (const column of ["ids", "records"] as const) {
    const values: unknown = items[column];
    if (values !== undefined && !Array.isArray(values)) {
      throw new FaissStoreError(
        "INVALID_ARGUMENT",
        `${column} must be an array, but is ${show(values)}.`,
      );
    }
  }
}

function isBatch<R>(items: Items<R>): items is FaissStoreBatch<R> {
  return !Array.isArray(items) && "vectors" in items;
}

function* each<R>(items: Items<R>, dimension: number): Iterable<FaissStoreItem<R>> {
  if (!isBatch(items)) {
    for (let position = 0; position < items.length; position++) {
      checkItem(items[position], position);
      yield items[position]!;
    }
    return;
  }
  const { vectors, ids, records } = items;
  const count = vectors.length / dimension;
  for (const [name, length] of [
    ["ids", ids?.length],
    ["records", records?.length],
  ] as const) {
    if (!Number.isInteger(count) || (length !== undefined && length !== count)) {
      throw new FaissStoreError(
        "INVALID_ARGUMENT",
        `vectors holds ${vectors.length} numbers, which is ${count} vectors of ${dimension}, but ${name} has ${length ?? "no"} values. ` +
          "Give one a vector.",
        { dimension, numbers: vectors.length },
      );
    }
  }
  for (let position = 0; position < count; position++) {
    const vector = vectors.subarray(position * dimension, (position + 1) * dimension);
    yield { id: ids?.[position], vector, record: records ? records[position]! : (null as R) };
  }
}

function checkItem(item: unknown, position: number): void {
  if (typeof item === "object" && item !== null && "vector" in item) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `Item ${position} must be { id, vector, record }, but is ${show(item)}.`,
    {
      position,
    },
  );
}

function checkId(id: unknown, position: number): string {
  if (id === undefined) return randomUUID();
  if (typeof id === "string" && id !== "") return id;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `An id is a string that is not empty, but that of item ${position} is ${show(id)}. Leave it out to have one made.`,
    { position, id },
  );
}
