import { randomUUID } from "node:crypto";
import { Pacer } from "@embeddinggemma/internal";
import { invalidArgument } from "../check.ts";
import { FaissStoreError, show } from "../errors.ts";
import type { FaissStoreItem } from "../types.ts";
import { copyRecord } from "./json-record.ts";
import type { StagedRow, Table } from "./table.ts";
import { isVector, writeUnitVector } from "./unit-vector.ts";

/**
 * Checks items and stages them: appends their vectors to the table, but not yet the rows. Add the
 * rows with a `TableChange`, or call `unstage` if this throws.
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
        `Item ${staged.length} (${show(id)}) has no record. If you do not need one, pass null.`,
        { id, path: "record" },
      );
    }
    staged.push(table.stage(unit, id, copyRecord(record, id)));
    if (pacer.due) await pacer.pause();
  }
  return staged;
}

/**
 * The dimension of the first vector; undefined if there are no items.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`, `INVALID_VECTOR`
 */
export function dimensionOf<R>(items: readonly FaissStoreItem<R>[]): number | undefined {
  const [first] = items;
  if (first === undefined) return undefined;
  checkItem(first, 0);
  if (!isVector(first.vector) || first.vector.length === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      "A vector must be an array of numbers that is not empty, but the vector of item 0 is " +
        `${show(first.vector)}.`,
    );
  }
  return first.vector.length;
}

/**
 * Copies the items into an array, which the caller cannot change.
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
    `Item ${position} must be { id, vector, record }; ${show(item)} was given.`,
    { position },
  );
}

function checkId(id: unknown, position: number): string {
  if (id === undefined) return randomUUID();
  if (typeof id === "string" && id !== "") return id;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `The id of item ${position} must be a string that is not empty; ${show(id)} was given. ` +
      "Leave it out to get a random UUID.",
    { position, id },
  );
}
