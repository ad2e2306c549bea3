import type { EncodeOptions } from "@embeddinggemma/core";
import type { Vector } from "@embeddinggemma/faiss";
import {
  type FilterFault,
  type MetadataFilter,
  type MetadataPredicate,
  metadataPredicate,
  searchKnownKeys,
} from "@embeddinggemma/internal/filters";
import { checker } from "../checker.ts";
import { fieldsOf, textOf } from "./foreign-documents.ts";
import type { DocumentRecord, DocumentStore } from "./open-store.ts";

/** A document that was found. */
export interface DocumentHit {
  /** As it was given. */
  readonly id: string | number;
  readonly score: number;
  readonly text: string;
  /** Its other fields; the metadata of a document that another program has made. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How documents are searched. */
export interface DocumentSearchOptions
  extends Pick<EncodeOptions, "onFinish" | "signal" | "truncation"> {
  /**
   * What the fields of a document must be: those of {@link DocumentHit}.
   *
   * @default all documents
   */
  readonly filter?: MetadataFilter | undefined;
}

/** A filter, and what it says as a function. */
interface CheckedFilter {
  readonly filter: MetadataFilter;
  readonly matches: MetadataPredicate;
}

/** @throws EmbeddingGemmaError `INVALID_ARGUMENT` */
export function checkFilter(filter: MetadataFilter | undefined): CheckedFilter | undefined {
  return filter && { filter, matches: metadataPredicate(filter, errorFor) };
}

/**
 * The documents nearest to each vector, best first.
 *
 * @param warned - of which filters the process was warned
 */
export async function searchDocuments(
  store: DocumentStore,
  vectors: readonly Vector[],
  limit: number,
  checked: CheckedFilter | undefined,
  warned: Set<string>,
): Promise<DocumentHit[][]> {
  const { filter, matches } = checked ?? {};
  const found = await searchKnownKeys(warned, {
    filter,
    matches: matches && ((record: DocumentRecord) => matches(fieldsOf(record))),
    metadataOf: fieldsOf,
    search: (watched) => store.search(vectors, { k: limit, filter: watched }),
    records: async () => store,
    advice: typeAdvice,
  });
  return found.map((hits) =>
    hits
      .filter(({ score }) => score > 0)
      .map(({ id, score, record }) => ({
        ...{ id: givenId(record, id), score, text: textOf(record), fields: fieldsOf(record) },
      })),
  );
}

function errorFor({ argument, value, expected, advice }: FilterFault): Error {
  return checker.invalidArgument(
    argument,
    value,
    expected,
    typeof advice === "string" ? advice : undefined,
  );
}

const typeAdvice = {
  lists: 'For a value in a list, use $contains, such as {"tags": {"$contains": "red"}}.',
  noLists: 'For one of several values, use $in, such as {"lang": {"$in": ["en", "de"]}}.',
};

/** Ids of the store are strings; a number as id stays a number. */
function givenId(record: DocumentRecord, id: string): string | number {
  return typeof record?.id === "number" ? record.id : id;
}
