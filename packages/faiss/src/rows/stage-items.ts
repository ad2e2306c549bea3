import { Pacer } from "@embeddinggemma/internal";
import { FaissStoreError, show } from "../errors.ts";
import type { FaissStoreItem } from "../types.ts";
import { checkedRecord, checkItem, ItemIds, sourceOf } from "./check-items.ts";
import type { StagedRow, Table } from "./table.ts";
import { awaitAdvice, isVector, vectorForm, writeUnitVector } from "./unit-vector.ts";

/**
 * Checks items and stages them: appends their vectors to the table, but not yet the rows. Add the
 * rows with a `TableChange`, or call `unstage` if this throws.
 */
export async function stageItems<R>(
  items: readonly FaissStoreItem<R>[],
  table: Table<R>,
): Promise<StagedRow<R>[]> {
  const staged: StagedRow<R>[] = [];
  const ids = new ItemIds(items);
  const unit = new Float32Array(table.shape.dimension);
  const pacer = new Pacer();
  for (const [position, item] of items.entries()) {
    checkVectorItem(item, position);
    const id = ids.check(position);
    writeUnitVector(item.vector, unit, () => {
      const { name } = sourceOf(item.id, position);
      return `the vector of ${name[0]!.toLowerCase()}${name.slice(1)}`;
    });
    staged.push(table.stage(unit, id, checkedRecord(item, position)));
    if (pacer.due) await pacer.pause();
  }
  return staged;
}

/**
 * Checks that no staged row would replace an item.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function refuseExisting<R>(staged: readonly StagedRow<R>[], { rowOf }: Table<R>): void {
  const ids = staged.map(({ id }) => id).filter((id) => rowOf.has(id));
  if (ids.length === 0) return;
  const shown = ids.slice(0, 5).map(show);
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `The store has items with the ids ${shown.join(", ")}${ids.length > 5 ? ", …" : ""} already ` +
      `(${ids.length} in all). Delete them first, or leave them out. Nothing was changed.`,
    { ids },
  );
}

/**
 * The dimension of the first vector; undefined if there are no items.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`, `INVALID_VECTOR`
 */
export function dimensionOf<R>(items: readonly FaissStoreItem<R>[]): number | undefined {
  const [first] = items;
  if (items.length === 0) return undefined;
  checkVectorItem(first, 0);
  if (!isVector(first.vector) || first.vector.length === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `A vector must be ${vectorForm} that is not empty, but the vector of item 0 is ` +
        `${show(first.vector)}.${awaitAdvice(first.vector)}`,
    );
  }
  return first.vector.length;
}

function checkVectorItem<R>(
  item: FaissStoreItem<R> | undefined,
  position: number,
): asserts item is FaissStoreItem<R> {
  const keys = "id, vector, record";
  checkItem(item, position, keys);
  if ("vector" in item!) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `Item ${position} must be { ${keys} }; ${show(item)} without a vector was given.`,
    { position },
  );
}
