import {
  adviceOn,
  describeMismatch,
  describeNegation,
  FilterKeys,
  keysOfFilter,
  type MetadataFilter,
  Negations,
  soughtByFilter,
} from "@embeddinggemma/internal/filters";
import { quoted } from "@embeddinggemma/internal/node";
import type { DocumentStore } from "../store/check-embedder.ts";
import type { ChunkFilter } from "./filter-flag.ts";

/** How many chunks are looked at. */
const sampleSize = 1_000;

/** What filters could have matched, for a search that has found nothing. */
export function whyFilterMatchesNothing(
  store: DocumentStore,
  filters: readonly MetadataFilter[],
): string {
  if (store.size === 0) return "The store is empty.";
  const examples = new Map<string, string | number | boolean>();
  let seen = 0;
  for (const id of store.ids()) {
    if (seen++ >= sampleSize) break;
    for (const [key, values] of Object.entries(store.get(id)?.record.metadata ?? {})) {
      const value = [values].flat().find(isShown);
      if (value !== undefined && !examples.has(key)) examples.set(key, value);
    }
  }
  const [first] = examples;
  if (!first) return "No chunk matches the filter. The chunks have no metadata.";
  const [key, value] = first;
  const example = `--filter ${quoted(`${key}=${value}`)}`;
  const keys = [...examples.keys()].join(", ");
  const there = `The keys of the chunks are ${keys}, such as ${example}.`;
  const why = `No chunk matches the filter. ${unknownKeyOrType(filters, store)}${there}`;
  const folder = folderIn(filters, store);
  return folder === undefined ? why : `${why} For a folder: --filter ${quoted(folder)}.`;
}

/**
 * Names the first key that no chunk has. A filter that leaves out chunks by such a key leaves out
 * none.
 */
export function unknownKey(
  filters: readonly MetadataFilter[],
  store: DocumentStore,
): string | undefined {
  return aboutMissing(keysOf(filters, store, ({ missing }) => missing === undefined));
}

/** Says of a negation that it does not leave out what it names, because of the types. */
export function faultOfNegation(
  filters: readonly ChunkFilter[],
  store: DocumentStore,
): string | undefined {
  const negations = new Negations({ $and: filters.map(({ filter }) => filter) });
  if (negations.keys.length === 0) return undefined;
  for (const { record } of store) {
    const metadata = record.metadata ?? {};
    negations.note(
      metadata,
      filters.every(({ matches }) => matches(metadata)),
    );
  }
  for (const key of negations.keys) {
    const fault = negations.faultOf(key);
    if (!fault) continue;
    const advice = fault.hasLists
      ? `Write --filter ${quoted(`${key}!=value`)}, which looks into lists.`
      : "Write a value of the type of the metadata.";
    return `${describeNegation(fault, "chunk")} ${advice}`;
  }
  return undefined;
}

/** Names the first key that no chunk has, or not with a value of this type. */
function unknownKeyOrType(filters: readonly MetadataFilter[], store: DocumentStore): string {
  const keys = keysOf(filters, store);
  const { mismatch } = keys;
  if (mismatch) return `It ${describeMismatch(mismatch, "chunk")}${adviceOn(mismatch, advice)} `;
  const unknown = aboutMissing(keys);
  return unknown === undefined ? "" : `${unknown} `;
}

function aboutMissing(keys: FilterKeys): string | undefined {
  const { missing } = keys;
  if (missing === undefined) return undefined;
  const nearest = keys.nearest(missing);
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  return `No chunk has the key ${missing}.${hint}`;
}

/** Looks the keys of filters up in chunks, until enough is known about them. */
function keysOf(
  filters: readonly MetadataFilter[],
  store: DocumentStore,
  isEnough = (_: FilterKeys) => false,
): FilterKeys {
  const keys = new FilterKeys(filters.flatMap(keysOfFilter), filters.flatMap(soughtByFilter));
  const matches = keys.watch(
    () => false,
    (record: { metadata: object }) => record.metadata,
  );
  for (const { id, record } of store) {
    matches?.(record, id);
    if (isEnough(keys)) break;
  }
  return keys;
}

const advice = {
  lists: "For a value in a list, write key=value, or $contains in JSON.",
  noLists: "$contains looks into lists only, and a list under $eq is compared as a whole.",
  dates: "Write the date as in ISO 8601, such as 2026-02-01.",
};

/** The filter for all that is in the folder that a filter names as if it were a file. */
function folderIn(filters: readonly MetadataFilter[], store: DocumentStore): string | undefined {
  for (const { source } of filters as { source?: unknown }[]) {
    // The name of a folder can be a number, too.
    const name: unknown = Array.isArray(source) ? source[0] : source;
    if (typeof name !== "string") continue;
    const start = name.replace(/\/*$/, "/");
    for (const { record } of store)
      if (String(record.metadata.source).startsWith(start)) return `source=${start}*`;
  }
  return undefined;
}

function isShown(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
