import { dataInvalid, type Place } from "./data-error.ts";

/** Grades of documents, by the ids of queries and then of documents. */
export type Judgements = Map<string, Map<string, number>>;

/**
 * Adds a grade or a score. A line that repeats an earlier one changes nothing.
 *
 * @param what - the number is, for an error
 * @throws EmbeddingGemmaError `DATA_INVALID` if the query and document have another number already
 */
export function addJudgement(
  judgements: Judgements,
  place: Place,
  what: string,
  [queryId, documentId, number]: readonly [string, string, number],
): void {
  const ofQuery = judgements.get(queryId) ?? new Map<string, number>();
  const earlier = ofQuery.get(documentId);
  if (earlier !== undefined && earlier !== number) {
    const message =
      `query ${JSON.stringify(queryId)} and document ${JSON.stringify(documentId)} have the ` +
      `${what} ${number} here, but ${earlier} on an earlier line. Remove one of the lines.`;
    throw dataInvalid(place, message, { queryId, documentId });
  }
  judgements.set(queryId, ofQuery.set(documentId, number));
}
