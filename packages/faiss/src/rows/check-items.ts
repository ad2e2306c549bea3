import { randomUUID } from "node:crypto";
import { Pacer } from "@embeddinggemma/internal";
import { invalidArgument, isRecord, nearestOption } from "../check.ts";
import { FaissStoreError, show } from "../errors.ts";
import type { FaissStoreItem } from "../types.ts";
import { copyRecord, type RecordSource } from "./json-record.ts";

/** An item that has no vector yet. */
export type ItemToCheck = Pick<FaissStoreItem<unknown>, "id" | "record">;

/** How many positions of a repeated id an error names. */
const maxPositions = 5;

/**
 * Checks ids and records as `FaissStore.upsert` does, so that you find a mistake before you embed
 * the texts.
 *
 * @returns copies of the items and their records, made at the call: later changes of yours do not
 * affect them. Vectors are not copied.
 * @throws FaissStoreError `INVALID_ARGUMENT` for an id that is not a string or occurs twice;
 * `INVALID_RECORD` for a record that cannot be stored
 * @example
 * await checkItems([{ id: "mars", record: { text: "Mars is red." } }]);
 */
export async function checkItems<T extends ItemToCheck>(items: Iterable<T>): Promise<T[]> {
  const list = listOf(items, "{ id, record }");
  return Array.from(checkedRecords(list), (record, position) => ({ ...list[position]!, record }));
}

/**
 * Checks a record as `FaissStore.upsert` does.
 *
 * @param name - of the record, for errors
 * @returns a copy of it
 * @throws FaissStoreError `INVALID_RECORD`
 * @example
 * checkRecord({ text: "Mars is red." }, "documents[0]");
 */
export function checkRecord<R>(record: R, name = "record"): R {
  return copyRecord(record, () => ({ name, root: name, details: {} }));
}

/** As {@link checkItems}, for items that nobody changes: keeps no copies, and pauses. */
export async function checkUnchangedItems(items: readonly ItemToCheck[]): Promise<void> {
  const pacer = new Pacer();
  for (const _record of checkedRecords(items)) if (pacer.due) await pacer.pause();
}

/** Checks items one after the other. Yields copies of their records. */
function* checkedRecords(items: readonly ItemToCheck[]): Generator<unknown> {
  const ids = new ItemIds(items);
  for (const [position, item] of items.entries()) {
    checkItem(item, position);
    ids.check(position);
    yield checkedRecord(item, position);
  }
}

/**
 * Copies items into an array, which the caller cannot change.
 *
 * @param expected - what an item is
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function listOf<T>(items: Iterable<T>, expected: string): T[] {
  if (typeof items === "object" && items !== null && Symbol.iterator in items) return [...items];
  throw invalidArgument("items", items, `an iterable of ${expected}`);
}

/** Checks the ids of the items of one call, each of which may occur once. */
export class ItemIds {
  readonly #items: readonly ItemToCheck[];
  readonly #seen = new Set<string>();

  constructor(items: readonly ItemToCheck[]) {
    this.#items = items;
  }

  /**
   * @returns the id of an item; a new one if it has none
   * @throws FaissStoreError `INVALID_ARGUMENT`
   */
  check(position: number): string {
    const id: unknown = this.#items[position]!.id;
    if (id === undefined || id === null) return randomUUID();
    if (typeof id !== "string" || id === "") {
      throw new FaissStoreError(
        "INVALID_ARGUMENT",
        `The id of item ${position} must be a string that is not empty; ${show(id)} was given. ` +
          "Leave it out to get a random UUID.",
        { position, id },
      );
    }
    if (this.#seen.has(id)) throw this.#repeated(id);
    this.#seen.add(id);
    return id;
  }

  #repeated(id: string): FaissStoreError {
    const positions = this.#items.flatMap((item, position) => (item?.id === id ? [position] : []));
    const shown = positions.slice(0, maxPositions).join(", ");
    const more = positions.length > maxPositions ? ", …" : "";
    return new FaissStoreError(
      "INVALID_ARGUMENT",
      `The id ${show(id)} occurs ${positions.length} times in one call (items ${shown}${more}), ` +
        "but a store has one item for each id. Give every item its own id, or none to get random " +
        "UUIDs. Nothing was changed.",
      { id, count: positions.length, positions },
    );
  }
}

/**
 * A copy of an item's record.
 *
 * @throws FaissStoreError `INVALID_RECORD`
 */
export function checkedRecord<R>(item: { id?: unknown; record: R }, position: number): R {
  const source = () => sourceOf(item.id, position);
  if (item.record !== undefined) return copyRecord(item.record, source);
  const { name, details } = source();
  throw new FaissStoreError(
    "INVALID_RECORD",
    `${name} has no record. If you do not need one, pass null.`,
    { ...details, path: "record" },
  );
}

/** Names an item by its position, and by its id if the caller gave one. */
export function sourceOf(id: unknown, position: number): RecordSource {
  return typeof id === "string"
    ? { name: `Item ${position} (${show(id)})`, details: { position, id } }
    : { name: `Item ${position}`, details: { position } };
}

/** @throws FaissStoreError `INVALID_ARGUMENT` */
export function checkItem(item: unknown, position: number, keys = "id, record"): void {
  if (!isRecord(item) || Array.isArray(item)) {
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `Item ${position} must be { ${keys} }; ${show(item)} was given.`,
      { position },
    );
  }
  refuseUnknownFields(item, position);
}

const itemFields = ["id", "vector", "record"];

/** They would not be stored. */
function refuseUnknownFields(item: Record<string, unknown>, position: number): void {
  for (const field of Object.keys(item)) {
    if (itemFields.includes(field) || item[field] === undefined) continue;
    const missing = itemFields.filter((name) => item[name] === undefined);
    const nearest = nearestOption(field, missing);
    const advice =
      nearest === undefined
        ? "An item has only id, vector and record: put everything else into the record."
        : `Did you mean \`${nearest}\`?`;
    throw new FaissStoreError(
      "INVALID_ARGUMENT",
      `Item ${position} has the unknown field \`${field}\`. ${advice}`,
      { position, field, nearest },
    );
  }
}
