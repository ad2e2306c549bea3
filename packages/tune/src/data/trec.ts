import { writeFile } from "node:fs/promises";
import { absolutePath } from "@embeddinggemma/internal/node";
import { checker, checkOptions, invalidArgument, type Rules, show } from "../check.ts";
import { compareIds } from "../statistics/compare-ids.ts";
import { count, dataInvalid, type Place } from "./data-error.ts";
import { addJudgement, type Judgements } from "./judgements.ts";
import { readLines } from "./read-lines.ts";
import { parseNumber } from "./row-values.ts";

/** Grades, by the ids of queries and then of documents. */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Scores of the documents that a system found, by the ids of queries and then of documents. */
export type TrecRun = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Options of {@link writeTrecRun}. */
export interface WriteTrecRunOptions {
  /** The name of the system, without white space. @default "embeddinggemma" */
  tag?: string | undefined;
}

const writeRules: Rules<WriteTrecRunOptions> = {
  tag: {
    expected: "a string without white space",
    accepts: (value) => typeof value === "string" && isColumn(value),
  },
};

/**
 * Reads judgements in the format of TREC: a line has query id, iteration, document id and grade,
 * with white space between them. The iteration is ignored. A file whose name ends with `.gz` is
 * decompressed.
 *
 * @param file - a path or a `file:` URL
 * @throws EmbeddingGemmaError `DATA_INVALID` for a file that is empty or cannot be read, and for a
 * line that is not as described or has another grade than an earlier line of its query and document
 * @see https://github.com/usnistgov/trec_eval
 */
export async function readTrecQrels(file: string | URL): Promise<Qrels> {
  const columns = "query id, iteration, document id and grade";
  const judgements = await readColumns(file, columns, 4, (place, fields) => {
    const [queryId, , documentId, grade] = fields as [string, string, string, string];
    return [queryId, documentId, checkedNumber(place, "grade", grade)];
  });
  return judgements;
}

/**
 * Reads the results of a system in the format of TREC: a line has query id, `Q0`, document id,
 * rank, score and the name of the system, with white space between them. Only the scores decide
 * about the order, as in trec_eval: ranks and the name are ignored. A file whose name ends with
 * `.gz` is decompressed.
 *
 * @param file - a path or a `file:` URL
 * @returns scores, by the ids of queries and then of documents, in the order of the file
 * @throws EmbeddingGemmaError `DATA_INVALID` for a file that is empty or cannot be read, and for a
 * line that is not as described or has another score than an earlier line of its query and document
 * @see https://github.com/usnistgov/trec_eval
 */
export async function readTrecRun(file: string | URL): Promise<TrecRun> {
  const columns = "query id, Q0, document id, rank, score and the name of the run";
  return await readColumns(file, columns, 6, (place, fields) => {
    const [queryId, , documentId, , score] = fields as string[] & { length: 6 };
    return [queryId!, documentId!, checkedNumber(place, "score", score!)];
  });
}

/**
 * Writes the results of a system in the format of TREC, for `trec_eval` and `readTrecRun`. The
 * documents of a query are ordered by descending score and then, as trec_eval orders them, by
 * descending id. Scores are written with all their digits.
 *
 * @param file - a path or a `file:` URL. An existing file is replaced.
 * @param run - scores, by the ids of queries: Maps by the ids of documents, or `[id, score]` pairs
 * such as the `rankings` of a `RetrievalResult`
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT` for anything else, ids that are empty or have
 * white space, which the format cannot hold, and scores that are not finite
 */
export async function writeTrecRun(
  file: string | URL,
  run: ReadonlyMap<string, Iterable<readonly [string, number]>>,
  options: WriteTrecRunOptions = {},
): Promise<void> {
  checkOptions(options, writeRules);
  const { tag = "embeddinggemma" } = options;
  if (!(run instanceof Map)) throw invalidArgument("run", run, "a Map of query ids to scores");
  await writeFile(absolutePath(file, checker), runLines(run, tag));
}

function* runLines(
  run: ReadonlyMap<string, Iterable<readonly [string, number]>>,
  tag: string,
): Generator<string> {
  for (const [queryId, scores] of run) {
    checkId("The query id", queryId);
    const ranked = [...scores].sort(byScore);
    for (const [rank, [documentId, score]] of ranked.entries()) {
      checkId("The document id", documentId);
      if (!Number.isFinite(score))
        throw invalidArgument(`The score of ${show(documentId)}`, score, "a finite number");
      yield `${queryId} Q0 ${documentId} ${rank + 1} ${score} ${tag}\n`;
    }
  }
}

function byScore([a, left]: readonly [string, number], [b, right]: readonly [string, number]) {
  return right - left || compareIds(b, a);
}

function checkId(name: string, id: string): void {
  if (typeof id === "string" && isColumn(id)) return;
  const advice = "A run of TREC has white space between its columns.";
  throw invalidArgument(name, id, "a string without white space, not empty", advice);
}

function isColumn(text: string): boolean {
  return /^\S+$/.test(text);
}

async function readColumns(
  given: string | URL,
  columns: string,
  length: number,
  read: (place: Place, fields: readonly string[]) => readonly [string, string, number],
): Promise<Judgements> {
  const file = absolutePath(given, checker);
  const judgements: Judgements = new Map();
  const what = length === 4 ? "grade" : "score";
  for await (const { number: line, text } of readLines(file)) {
    const place = { file, line };
    const fields = text.trim().split(/\s+/);
    if (fields.length !== length) {
      const found = count(fields.length, "column was", "columns were");
      const message = `there must be ${columns}; ${found} found.${adviceOn(fields, length)}`;
      throw dataInvalid(place, message, { columns: fields.length });
    }
    addJudgement(judgements, place, what, read(place, fields));
  }
  if (judgements.size > 0) return judgements;
  throw dataInvalid({ file }, "the file is empty. Check that it was written.");
}

function adviceOn(fields: readonly string[], length: number): string {
  if (fields.length === 3 && length === 4) return " Judgements of a BEIR folder are for readBeir.";
  if (fields.length === 6 && length === 4) return " This looks like a run: use readTrecRun.";
  if (fields.length === 4 && length === 6) return " These look like judgements: use readTrecQrels.";
  return "";
}

function checkedNumber(place: Place, what: string, text: string): number {
  const value = parseNumber(text);
  if (value !== undefined) return value;
  throw dataInvalid(place, `the ${what} must be a number; ${show(text)} was found.`);
}
