import type { FaissStoreFilter } from "@embeddinggemma/faiss";
import { isObject } from "@embeddinggemma/internal";
import { FilterKeys, keysOfFilter, kindsIn, soughtByFilter } from "@embeddinggemma/internal/node";
import type { DocumentFilter } from "./document-filter.ts";
import { type DocumentRecord, metadataOf } from "./document-record.ts";
import { type NegationFault, Negations } from "./negated-kinds.ts";
import { negationAdvice, typeAdvice } from "./type-advice.ts";

type RecordFilter = FaissStoreFilter<DocumentRecord> | undefined;

/**
 * Searches. The process warns, once for each key, of a filter that matches nothing and has a key
 * that no document has, or with a value of this type; and of a negation that leaves out nothing.
 *
 * @param warned - what was warned of; a new warning is added
 * @param matches - the filter as a function
 * @param search - searches with that function, or another one in its place
 * @param records - all records: a search may not ask the filter about each
 * @param refuse - is called before a warning; throws if such keys are no metadata
 */
export async function searchKnownKeys<T>(
  warned: Set<string>,
  filter: DocumentFilter | undefined,
  matches: RecordFilter,
  search: (matches: RecordFilter) => Promise<T>,
  records: () => Promise<Iterable<{ readonly record: DocumentRecord }>>,
  refuse?: (missing: readonly string[]) => void,
): Promise<T> {
  const checked = isObject(filter) ? filter : {};
  const keys = new FilterKeys(keysOfFilter(checked), soughtByFilter(checked));
  const negations = new Negations(checked);
  const found = await search(noting(negations, keys.watch(matches, metadataOf)));
  refuse?.(keys.missingAndUnmatched);
  keys.warn(warned, "document", typeAdvice);
  if (negations.fault && !warned.has(nameOf(negations.fault))) {
    for (const { record } of await records()) negations.note(metadataOf(record));
    if (negations.fault) warnOfNegation(warned, negations.fault);
  }
  return found;
}

function noting(negations: Negations, matches: RecordFilter): RecordFilter {
  if (!matches || negations.isEmpty) return matches;
  return (record, id) => {
    negations.note(metadataOf(record));
    return matches(record, id);
  };
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
