import type { DocumentInput } from "@embeddinggemma/core";
import { absolutePath } from "@embeddinggemma/internal/node";
import { checker, checkOptions, type Rules, rules, someOf } from "../check.ts";
import { beirFiles } from "./beir-files.ts";
import { count, dataInvalid } from "./data-error.ts";
import { addJudgement, type Judgements } from "./judgements.ts";
import { type Row, readRows } from "./read-rows.ts";
import { readTable } from "./read-table.ts";
import type { RetrievalData } from "./retrieval-data.ts";
import { checkedDocument, fieldOf, idOf, numberOf, parseNumber, textOf } from "./row-values.ts";

/** Options of {@link readBeir}. */
export interface ReadBeirOptions {
  /** The name of the file with the judgements, such as `"train"` for `qrels/train.tsv`.
   * @default "test" */
  split?: string | undefined;
  /**
   * Leave out judgements of queries or documents that the folder does not have, instead of
   * rejecting them.
   *
   * @default false
   */
  ignoreUnknown?: boolean | undefined;
}

/** What {@link readBeir} reads, as `evaluateRetrieval` takes it. */
export interface BeirData extends RetrievalData {
  /** Texts of the split's queries, by id, in the order of `queries.jsonl`. */
  readonly queries: ReadonlyMap<string, string>;
  /** All documents, by id, in the order of `corpus.jsonl`. */
  readonly corpus: ReadonlyMap<string, DocumentInput>;
  /** Grades, by the ids of queries and then of documents. A grade of 0 means not relevant. */
  readonly relevant: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const optionRules: Rules<ReadBeirOptions> = { split: rules.text, ignoreUnknown: rules.flag };

const queryKeys = ["query-id", "query_id"];
const documentKeys = ["corpus-id", "corpus_id"];

/**
 * Reads a data set in the format of BEIR or MTEB: a folder with `corpus.jsonl` (`_id`, `title`,
 * `text`), `queries.jsonl` (`_id`, `text`) and `qrels/<split>.tsv` (a header, then query id, corpus
 * id and grade). Also read: `id` in place of `_id`; qrels as JSONL with the keys `query-id`,
 * `corpus-id` and `score`; qrels beside `corpus.jsonl`, named after the split or `qrels`; JSONL
 * files in folders `corpus` and `queries`; and each of these files compressed, as `.gz`. Files are
 * read line by line.
 *
 * @param folder - a path or a `file:` URL
 * @returns all documents, and the queries that the split has judgements of. A document without a
 * title is its text.
 * @throws EmbeddingGemmaError `DATA_INVALID` for a folder of another format, a split that does not
 * exist or is empty, a line that is not as described, an id that two lines have, two grades for one
 * query and document, and judgements of queries or documents that the folder does not have. The
 * message says file and line. `INVALID_ARGUMENT` for invalid options.
 * @see https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset
 * @example
 * const test = await readBeir("data/scifact");
 * const train = await readBeir("data/scifact", { split: "train" });
 */
export async function readBeir(
  folder: string | URL,
  options: ReadBeirOptions = {},
): Promise<BeirData> {
  checkOptions(options, optionRules);
  const { split = "test", ignoreUnknown = false } = options;
  const files = await beirFiles(absolutePath(folder, checker), split);
  const corpus = await readById(files.corpus, documentOfRow);
  const allQueries = await readById(files.queries, (row) => textOf(row, ["text"]));
  const known = { queries: allQueries, corpus, files, ignoreUnknown };
  const relevant = await readJudgements(files.qrels, known);
  const queries = new Map([...allQueries].filter(([id]) => relevant.has(id)));
  return { queries, corpus, relevant };
}

async function readById<T>(file: string, read: (row: Row) => T): Promise<Map<string, T>> {
  const byId = new Map<string, T>();
  for await (const row of readRows(file)) {
    const id = idOf(row, ["_id", "id"]);
    if (byId.has(id)) {
      const message = `the id ${JSON.stringify(id)} is on an earlier line, too. Ids must differ.`;
      throw dataInvalid(row, message, { id });
    }
    byId.set(id, read(row));
  }
  return byId;
}

function documentOfRow(row: Row): DocumentInput {
  const { title } = row.values;
  return checkedDocument(row, "`title` and `text`", { title, text: fieldOf(row, ["text"]) });
}

interface KnownIds {
  readonly queries: ReadonlyMap<string, unknown>;
  readonly corpus: ReadonlyMap<string, unknown>;
  readonly files: { readonly queries: string; readonly corpus: string };
  readonly ignoreUnknown: boolean;
}

async function readJudgements(file: string, known: KnownIds): Promise<Judgements> {
  const judgements: Judgements = new Map();
  const unknownQueries = new UnknownIds("query", known.files.queries);
  const unknownDocuments = new UnknownIds("document", known.files.corpus);
  let rows = 0;
  for await (const row of /\.jsonl(?:\.gz)?$/.test(file) ? readRows(file) : qrelsRows(file)) {
    rows++;
    const queryId = idOf(row, queryKeys);
    const documentId = idOf(row, documentKeys);
    const grade = numberOf(row, ["score"]);
    if (!known.queries.has(queryId)) unknownQueries.add(queryId, row.line);
    // As in `checkRetrievalData`: a document that is not relevant need not be there.
    else if (grade > 0 && !known.corpus.has(documentId)) unknownDocuments.add(documentId, row.line);
    else addJudgement(judgements, row, "grade", [queryId, documentId, grade]);
  }
  if (rows === 0) throw dataInvalid({ file }, "this split is empty: it has no judgements.");
  if (!known.ignoreUnknown) {
    unknownQueries.refuse(file);
    unknownDocuments.refuse(file);
  }
  if (judgements.size > 0) return judgements;
  throw dataInvalid(
    { file },
    "the folder has none of the queries and documents that this file judges. Check that all " +
      "files are of one data set.",
  );
}

/** The rows of a TSV file of judgements. The first row is a header unless it ends with a grade. */
async function* qrelsRows(file: string): AsyncGenerator<Row> {
  let names: readonly string[] | undefined;
  for await (const { fields, line } of readTable(file, "\t")) {
    if (fields.length !== 3) {
      const advice =
        fields.length === 4 || fields[0]!.trim().split(/\s+/).length === 4
          ? "A file of TREC has four: read it with readTrecQrels."
          : "Separate them with tabs.";
      const message = `there must be a query id, a corpus id and a grade; ${count(
        fields.length,
        "field was",
        "fields were",
      )} found. ${advice}`;
      throw dataInvalid({ file, line }, message);
    }
    if (names === undefined) {
      const isHeader = parseNumber(fields[2]!) === undefined;
      names = isHeader && areNames(fields) ? fields : ["query-id", "corpus-id", "score"];
      if (isHeader) continue;
    }
    const known = names;
    yield { file, line, values: Object.fromEntries(fields.map((text, at) => [known[at], text])) };
  }
}

/** Headers with other names than BEIR's mean the usual order. */
function areNames(fields: readonly string[]): boolean {
  const has = (keys: readonly string[]) => keys.some((key) => fields.includes(key));
  return has(queryKeys) && has(documentKeys) && fields.includes("score");
}

/** Ids of judgements that the data set does not have. */
class UnknownIds {
  readonly #ids = new Set<string>();
  readonly #kind: string;
  readonly #source: string;
  #firstLine: number | undefined;

  constructor(kind: string, source: string) {
    this.#kind = kind;
    this.#source = source;
  }

  add(id: string, line: number): void {
    this.#ids.add(id);
    this.#firstLine ??= line;
  }

  refuse(file: string): void {
    if (this.#ids.size === 0) return;
    const ids = [...this.#ids];
    const number = count(ids.length, `${this.#kind} id`);
    const are = ids.length === 1 ? "is" : "are";
    const message =
      `${number} here ${are} not in ${this.#source}: ${someOf(ids)}. Add what is missing, or ` +
      "remove these judgements. In code, `ignoreUnknown: true` leaves them out.";
    const details = { unknown: ids.length, ids };
    throw dataInvalid({ file, line: this.#firstLine }, message, details);
  }
}
