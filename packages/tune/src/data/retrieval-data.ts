import type { DocumentInput } from "@embeddinggemma/core";
import { invalidArgument, invalidData, isObject, isRecord, show, someOf } from "../check.ts";

/**
 * Queries, a corpus, and which documents are relevant to which query: what
 * `InformationRetrievalEvaluator` of Sentence Transformers takes. Each part is an object or a Map.
 */
export interface RetrievalData {
  /** Texts of the queries, by id. */
  readonly queries: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /** Documents, by id: a text, or `{ title, text }`. */
  readonly corpus: Readonly<Record<string, DocumentInput>> | ReadonlyMap<string, DocumentInput>;
  /** Relevant documents, by the id of the query. */
  readonly relevant: Readonly<Record<string, Relevance>> | ReadonlyMap<string, Relevance>;
}

/**
 * The relevant documents of a query: their ids, or their ids with a grade. Documents with a grade
 * of 0 or less are judged and not relevant. Documents that are not named are not relevant either.
 */
export type Relevance =
  | Iterable<string>
  | Readonly<Record<string, number>>
  | ReadonlyMap<string, number>;

/** One example to train with: Sentence Transformers' anchor, positive and negatives. */
export interface TrainingPair {
  /** A query. */
  readonly query: string;
  /** A document that answers the query: a text, or `{ title, text }`. */
  readonly document: DocumentInput;
  /** Documents that do not answer the query. @default none */
  readonly negatives?: readonly DocumentInput[] | undefined;
}

/** A {@link TrainingPair} that was checked. Without negatives, it has an empty array of them. */
export interface CheckedPair extends TrainingPair {
  readonly negatives: readonly DocumentInput[];
}

/** {@link RetrievalData} that was checked, in the one form that the package works with. */
export interface CheckedRetrievalData {
  /** The queries that have a relevant document, by id. At least one. */
  readonly queries: ReadonlyMap<string, string>;
  /** At least one document. */
  readonly corpus: ReadonlyMap<string, DocumentInput>;
  /**
   * Grades of documents, by the id of the query and that of the document. Relevant are those above
   * 0, which are all in the corpus; others need not be.
   */
  readonly relevant: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Ids of the queries that are left out, because they have no relevant document. */
  readonly skipped: readonly string[];
}

/**
 * @param name - of the data, in error messages, such as `validation`
 * @throws `INVALID_ARGUMENT` for anything but {@link RetrievalData}, `DATA_INVALID` for an empty
 * part, a query or a document that is no text, a grade that is no number, ids of `relevant` that
 * are unknown, and if no query has a relevant document
 */
export function checkRetrievalData(data: RetrievalData, name = "data"): CheckedRetrievalData {
  if (!isRecord(data) || Array.isArray(data))
    throw invalidArgument(name, data, "an object with queries, corpus and relevant");
  const queries = entriesOf(data.queries, `${name}.queries`, "texts by id");
  const corpus = entriesOf(data.corpus, `${name}.corpus`, "documents by id");
  for (const [part, entries] of Object.entries({ queries, corpus })) {
    if (entries.size === 0) throw invalidData(`${name}.${part} is empty.`, { part });
  }
  for (const [id, query] of queries) checkQuery(query, `The query ${show(id)} of ${name}`);
  for (const [id, document] of corpus)
    checkDocument(document, `The document ${show(id)} of ${name}`);
  const relevant = gradesByQuery(data.relevant, `${name}.relevant`);
  refuseUnknownQueries(queries, relevant, name);
  refuseUnknownDocuments(corpus, relevant, name);
  const isAnswered = (id: string) => hasRelevant(relevant.get(id));
  const skipped = Array.from(queries.keys()).filter((id) => !isAnswered(id));
  if (skipped.length === queries.size) {
    throw invalidData(`No query of ${name} has a relevant document. Check ${name}.relevant.`, {
      queries: skipped,
    });
  }
  const used = Array.from(queries).filter(([id]) => isAnswered(id)) as [string, string][];
  return {
    queries: new Map(used),
    corpus: corpus as ReadonlyMap<string, DocumentInput>,
    relevant: new Map(used.map(([id]) => [id, relevant.get(id)!])),
    skipped,
  };
}

/**
 * Grades of documents, by the id of the query and that of the document.
 *
 * @param name - of the data, in error messages
 * @throws `INVALID_ARGUMENT`, `DATA_INVALID` for ids that are no strings and grades that are no
 * finite numbers
 */
export function gradesByQuery(
  relevant: RetrievalData["relevant"],
  name: string,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const entries = entriesOf(relevant, name, "documents by the id of a query");
  return new Map(
    Array.from(entries, ([id, documents]) => [
      id,
      gradesOf(documents, `${name} of the query ${show(id)}`),
    ]),
  );
}

/**
 * @param name - of the data, in error messages
 * @throws `INVALID_ARGUMENT` for anything but an array, `DATA_INVALID` for an empty one and for
 * pairs that are none
 */
export function checkTrainingPairs(
  pairs: readonly TrainingPair[],
  name = "pairs",
): readonly CheckedPair[] {
  if (!Array.isArray(pairs)) {
    const expected = "an array of { query, document, negatives? }";
    throw invalidArgument(name, pairs, expected);
  }
  if (pairs.length === 0) throw invalidData(`${name} is empty.`, { part: name });
  // Array.from, unlike map, also visits the holes of a sparse array.
  return Array.from(pairs as readonly TrainingPair[], (pair, index) => {
    const place = `${name}[${index}]`;
    if (!isRecord(pair)) {
      throw invalidData(`${place} must be { query, document, negatives? }; it is ${show(pair)}.`, {
        index,
      });
    }
    const { query, document, negatives = [] } = pair;
    // The name in JSONL files, which would be left out.
    if ((pair as { negative?: unknown }).negative !== undefined) {
      const message = `${place} has the field \`negative\`. Pass \`negatives\`, an array.`;
      throw invalidData(message, { index });
    }
    if (!Array.isArray(negatives)) {
      throw invalidData(`${place}.negatives must be an array of documents.`, { index, negatives });
    }
    return {
      query: checkQuery(query, `${place}.query`),
      document: checkDocument(document, `${place}.document`),
      negatives: Array.from(negatives as readonly DocumentInput[], (negative, place2) =>
        checkDocument(negative, `${place}.negatives[${place2}]`),
      ),
    };
  });
}

/**
 * @param name - which query, in error messages
 * @throws `DATA_INVALID`
 */
export function checkQuery(query: unknown, name: string): string {
  if (typeof query === "string") return query;
  throw invalidData(`${name} must be a string; it is ${show(query)}.`, { query });
}

/**
 * @param name - which document, in error messages
 * @throws `DATA_INVALID`
 */
export function checkDocument(document: unknown, name: string): DocumentInput {
  if (typeof document === "string") return document;
  const { title, text, ...others } = isRecord(document) ? document : {};
  const isTitle = title === undefined || title === null || typeof title === "string";
  if (typeof text !== "string" || !isTitle) {
    throw invalidData(
      `${name} must be a string or { title?: string, text: string }; it is ${show(document)}.`,
      { document },
    );
  }
  // Such as a misspelled title, which would be left out.
  const unknown = Object.keys(others).find((field) => others[field] !== undefined);
  if (unknown === undefined) return document as DocumentInput;
  throw invalidData(
    `${name} has the unknown field \`${unknown}\`. Only title and text are embedded: pass ` +
      "{ title, text }.",
    { document, field: unknown },
  );
}

/** Whether any document has a grade above 0. */
export function hasRelevant(grades: ReadonlyMap<string, number> | undefined): boolean {
  return grades !== undefined && Array.from(grades.values()).some((grade) => grade > 0);
}

/**
 * @param name - of the data, in error messages
 * @throws `INVALID_ARGUMENT` for anything but an object or a Map, `DATA_INVALID` for ids that are
 * no strings
 */
export function entriesOf(
  part: unknown,
  name: string,
  expected: string,
): ReadonlyMap<string, unknown> {
  if (isMap(part)) {
    for (const id of part.keys()) checkId(id, name);
    return part as ReadonlyMap<string, unknown>;
  }
  if (isObject(part)) return new Map(Object.entries(part));
  throw invalidArgument(name, part, `an object or a Map, ${expected}`);
}

function gradesOf(documents: unknown, name: string): ReadonlyMap<string, number> {
  if (isMap(documents) || isObject(documents)) {
    const grades = entriesOf(documents, name, "grades by the id of a document");
    for (const [id, grade] of grades) {
      if (typeof grade === "number" && Number.isFinite(grade)) continue;
      throw invalidData(
        `${name}: the grade of the document ${show(id)} must be a finite number; it is ` +
          `${show(grade)}.`,
        { document: id, grade },
      );
    }
    return grades as ReadonlyMap<string, number>;
  }
  if (!isIterable(documents)) {
    const expected = "an array or a Set of ids, or an object or a Map of grades by id";
    const hint = typeof documents === "string" ? "Put the id into an array." : undefined;
    throw invalidArgument(name, documents, expected, hint);
  }
  return new Map(
    Array.from(documents, (id) => {
      checkId(id, name);
      return [id as string, 1];
    }),
  );
}

function checkId(id: unknown, name: string): void {
  if (typeof id === "string") return;
  throw invalidData(`${name}: an id must be a string; ${show(id)} is none.`, { id });
}

function refuseUnknownQueries(
  queries: ReadonlyMap<string, unknown>,
  relevant: ReadonlyMap<string, ReadonlyMap<string, number>>,
  name: string,
): void {
  const unknown = Array.from(relevant.keys()).filter((id) => !queries.has(id));
  if (unknown.length === 0) return;
  throw invalidData(
    `${name}.relevant names ${count(unknown, "query", "queries")} that ${name}.queries does not ` +
      `have: ${someOf(unknown)}. Add ${unknown.length === 1 ? "it" : "them"}, or remove ` +
      `${unknown.length === 1 ? "it" : "them"} from ${name}.relevant.`,
    { queries: unknown },
  );
}

function refuseUnknownDocuments(
  corpus: ReadonlyMap<string, unknown>,
  relevant: ReadonlyMap<string, ReadonlyMap<string, number>>,
  name: string,
): void {
  const unknown = new Set<string>();
  const queries: string[] = [];
  for (const [query, grades] of relevant) {
    const missing = Array.from(grades).filter(([id, grade]) => grade > 0 && !corpus.has(id));
    for (const [id] of missing) unknown.add(id);
    if (missing.length > 0) queries.push(query);
  }
  if (unknown.size === 0) return;
  const documents = Array.from(unknown);
  throw invalidData(
    `${name}.relevant names ${count(documents, "document", "documents")} that ${name}.corpus ` +
      `does not have: ${someOf(documents)} (${queries.length === 1 ? "query" : "queries"} ` +
      `${someOf(queries)}). They would count as never found. Add them to the corpus, or remove ` +
      `them from ${name}.relevant.`,
    { documents, queries },
  );
}

function count(ids: readonly string[], one: string, several: string): string {
  return ids.length === 1 ? `a ${one}` : `${ids.length} ${several}`;
}

/** In any realm, such as that of Jest's tests. */
function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === "[object Map]";
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    isRecord(value) && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === "function"
  );
}
