import { isObject } from "../check-options.ts";
import { Pacer } from "../pacer.ts";
import { FilterKeys } from "./filter-keys.ts";
import type { TypeAdvice } from "./filter-types.ts";
import { describeNegation, negationAdvice } from "./negation-advice.ts";
import { Negations } from "./negations.ts";
import { keysOfFilter, soughtByFilter } from "./sought-by-filter.ts";

/** Whether a record matches. Undefined if all do. */
type RecordFilter<R> = ((record: R, id: string) => boolean) | undefined;

interface Records<R> extends Iterable<{ readonly record: R; readonly id: string }> {
  readonly size: number;
}

/** A search with a filter. */
export interface FilteredSearch<R, T> {
  /** A checked filter. Anything but an object has no keys. */
  readonly filter: unknown;
  /** The filter as a function. */
  readonly matches: RecordFilter<R>;
  readonly metadataOf: (record: R) => object;
  /** Searches with {@link FilteredSearch.matches}, or another function in its place. */
  readonly search: (matches: RecordFilter<R>) => Promise<T>;
  /** All records, if there are any: a search may not ask the filter about each. */
  readonly records: () => Promise<Records<R> | undefined>;
  readonly advice: TypeAdvice;
  /**
   * Is called before a warning with the keys that no record has; throws if they are no metadata.
   */
  readonly refuse?: (missing: readonly string[]) => void;
}

/**
 * Searches. The process warns, once for each key, of a filter that matches nothing and has a key
 * that no document has, or with a value of this type; and of a negation that leaves out nothing,
 * because of the types or a misspelt key.
 *
 * @param warned - what was warned of; a new warning is added
 */
export async function searchKnownKeys<R, T>(
  warned: Set<string>,
  { filter, matches, metadataOf, search, records, advice, refuse }: FilteredSearch<R, T>,
): Promise<T> {
  const checked = isObject(filter) ? filter : {};
  const keys = new FilterKeys(keysOfFilter(checked), soughtByFilter(checked));
  const negations = new Negations(checked);
  const watched = keys.watch(matches, metadataOf);
  let hasMatch = false;
  const note = (record: R, id: string) => {
    const isMatch = watched!(record, id);
    hasMatch ||= isMatch;
    negations.note(metadataOf(record), isMatch);
    return isMatch;
  };
  const found = await search(watched && negations.keys.length > 0 ? note : watched);
  refuse?.(keys.missingAndUnmatched);
  keys.warn(warned, "document", advice);
  if (hasMatch && negations.keys.length > 0 && warned.size < maxWarned) {
    const reading = { keys, negations, note, records };
    // What fails now, as where the store is closed meanwhile, is no fault of the search.
    await warnOfNegations(warned, reading).catch(() => {});
  }
  return found;
}

/** So many warnings at most: the filters of clients can have any keys. */
const maxWarned = 200;

interface Reading<R> extends Pick<FilteredSearch<R, unknown>, "records"> {
  readonly keys: FilterKeys;
  readonly negations: Negations;
  /** Notes what a record has. */
  readonly note: (record: R, id: string) => void;
}

/** Reads all records, if those that were seen lack what a filter negates. */
async function warnOfNegations<R>(
  warned: Set<string>,
  { keys, negations, note, records }: Reading<R>,
): Promise<void> {
  const all = await records();
  if (!all) return;
  // They are read again for a key only after their number has doubled.
  const wasRead = (key: string) => `negation ${key} ${Math.round(Math.log2(all.size))}`;
  const suspects = negations.keys.filter(
    (key) =>
      (negations.lacks(key) || negations.faultOf(key) !== undefined) &&
      !warned.has(nameOf(key)) &&
      !warned.has(wasRead(key)),
  );
  if (suspects.length === 0) return;
  for (const key of suspects) warned.add(wasRead(key));
  const pacer = new Pacer();
  for (const { record, id } of all) {
    note(record, id);
    if (pacer.due) await pacer.pause();
  }
  for (const key of suspects) if (warnOfNegation(key, negations, keys)) warned.add(nameOf(key));
}

function nameOf(key: string): string {
  return `negation ${key}`;
}

/** @returns whether there was something to warn of */
function warnOfNegation(key: string, negations: Negations, keys: FilterKeys): boolean {
  const fault = negations.faultOf(key);
  // Without a similar key, it can be one that few documents have, such as `archived`.
  const nearest = negations.lacks(key) ? keys.nearest(key) : undefined;
  if (nearest !== undefined)
    process.emitWarning(
      `The filter leaves out nothing where it should: no document has the metadata key \`${key}` +
        `\`. Did you mean \`${nearest}\`?`,
      { code: "EMBEDDINGGEMMA_UNKNOWN_KEY" },
    );
  if (fault)
    process.emitWarning(`${describeNegation(fault, "document")} ${negationAdvice(fault)}`, {
      code: "EMBEDDINGGEMMA_FILTER_TYPE",
    });
  return nearest !== undefined || fault !== undefined;
}
