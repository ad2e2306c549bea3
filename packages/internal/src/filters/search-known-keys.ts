import { isObject } from "../check-options.ts";
import { FilterKeys } from "./filter-keys.ts";
import { kindsIn, type TypeAdvice } from "./filter-types.ts";
import { negationAdvice } from "./negation-advice.ts";
import { type NegationFault, Negations } from "./negations.ts";
import { keysOfFilter, soughtByFilter } from "./sought-by-filter.ts";

/** Whether a record matches. Undefined if all do. */
type RecordFilter<R> = ((record: R, id: string) => boolean) | undefined;

/** A search with a filter. */
export interface FilteredSearch<R, T> {
  /** A checked filter. Anything but an object has no keys. */
  readonly filter: unknown;
  /** The filter as a function. */
  readonly matches: RecordFilter<R>;
  readonly metadataOf: (record: R) => object;
  /** Searches with {@link FilteredSearch.matches}, or another function in its place. */
  readonly search: (matches: RecordFilter<R>) => Promise<T>;
  /** All records: a search may not ask the filter about each. */
  readonly records: () => Promise<Iterable<{ readonly record: R }>>;
  readonly advice: TypeAdvice;
  /**
   * Is called before a warning with the keys that no record has; throws if they are no metadata.
   */
  readonly refuse?: (missing: readonly string[]) => void;
}

/**
 * Searches. The process warns, once for each key, of a filter that matches nothing and has a key
 * that no document has, or with a value of this type; and of a negation that leaves out nothing.
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
  const note = (record: R) => negations.note(metadataOf(record));
  const watched = keys.watch(matches, metadataOf);
  const noting: RecordFilter<R> = (record, id) => {
    note(record);
    return watched!(record, id);
  };
  const found = await search(watched && !negations.isEmpty ? noting : watched);
  refuse?.(keys.missingAndUnmatched);
  keys.warn(warned, "document", advice);
  if (negations.fault && !warned.has(nameOf(negations.fault))) {
    for (const { record } of await records()) note(record);
    if (negations.fault) warnOfNegation(warned, negations.fault);
  }
  return found;
}

function nameOf({ key }: NegationFault): string {
  return `negation ${key}`;
}

function warnOfNegation(warned: Set<string>, fault: NegationFault): void {
  const { key, hasLists } = fault;
  warned.add(nameOf(fault));
  const there = hasLists ? "documents have lists" : "no document has one";
  process.emitWarning(
    `The filter leaves out nothing where it should: it negates ${kindsIn(fault)} under ` +
      `\`${key}\`, but ${there} there. ${negationAdvice(fault)}`,
    { code: "EMBEDDINGGEMMA_FILTER_TYPE" },
  );
}
