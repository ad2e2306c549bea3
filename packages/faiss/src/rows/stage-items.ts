import { randomUUID } from "node:crypto";
import { Pacer } from "@embeddinggemma/internal";
import { invalidArgument } from "../check.ts";
import { FaissStoreError, show } from "../errors.ts";
import type { FaissStoreItem } from "../types.ts";
import { copyRecord } from "./json-record.ts";
import type { StagedRow, Table } from "./table.ts";
import { isVector, writeUnitVector } from "./unit-vector.ts";

/**
 * Checks items and writes their vectors behind the rows of a table. The caller commits them, or
 * unstages them if this throws.
 */
export async function stageItems<R>(
  items: readonly FaissStoreItem<R>[],
  table: Table<R>,
): Promise<StagedRow<R>[]> {
  const staged: StagedRow<R>[] = [];
  const unit = new Float32Array(table.shape.dimension);
  const pacer = new Pacer();
  for (const item of items) {
    checkItem(item, staged.length);
    const { vector, record } = item;
    const id = checkId(item.id, staged.length);
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
export function dimensionOf<R>(items: readonly FaissStoreItem<R>[]): number | undefined {
  const [first] = items;
  if (first === undefined) return undefined;
  checkItem(first, 0);
  if (!isVector(first.vector) || first.vector.length === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      "A vector is an array of numbers that is not empty, but the vector of item 0 is " +
        `${show(first.vector)}.`,
    );
  }
  return first.vector.length;
}

/**
 * The items as a list of our own.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function listOf<R>(items: Iterable<FaissStoreItem<R>>): FaissStoreItem<R>[] {
  if (typeof items === "object" && items !== null && Symbol.iterator in items) return [...items];
  throw invalidArgument("items", items, "an iterable of { id, vector, record }");
}

function checkItem(item: unknown, position: number): void {
  if (typeof item === "object" && item !== null && "vector" in item) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `Item ${position} must be { id, vector, record }, but is ${show(item)}.`,
    { position },
  );
}

function checkId(id: unknown, position: number): string {
  if (id === undefined) return randomUUID();
  if (typeof id === "string" && id !== "") return id;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `An id is a string that is not empty, but that of item ${position} is ${show(id)}. ` +
      "Leave it out to get a random one.",
    { position, id },
  );
}
