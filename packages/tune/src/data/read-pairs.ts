import type { DocumentInput } from "@embeddinggemma/core";
import { absolutePath } from "@embeddinggemma/internal/node";
import { checker } from "../check.ts";
import { dataInvalid } from "./data-error.ts";
import { type Row, readRows } from "./read-rows.ts";
import type { TrainingPair } from "./retrieval-data.ts";
import { checkedDocument, documentOf, numberOf, textOf } from "./row-values.ts";

/** A query or text with one that is more similar to it, and one that is less. */
export interface Triplet {
  readonly anchor: string;
  readonly positive: DocumentInput;
  readonly negative: DocumentInput;
}

/** Two texts, and how similar they are. */
export interface ScoredPair {
  readonly sentence1: string;
  readonly sentence2: string;
  /** Higher is more similar, on any scale. */
  readonly score: number;
}

const queryKeys = ["query", "anchor"];
const documentKeys = ["document", "positive"];
const numbered = /^negative_\d+$/;

/**
 * Reads training data: a JSONL file, or a CSV or TSV file with a header if its name ends with
 * `.csv` or `.tsv`. The keys (columns) are `query` or `anchor`; `document` or `positive`; and, if
 * there are any, the negatives: `negatives` (an array), `negative`, or `negative_1`, `negative_2`
 * and so on, as `mine_hard_negatives` of Sentence Transformers names them. In JSONL, a document may
 * be a text or `{ "title", "text" }`. Other keys are ignored, and so are negatives that are null.
 * The file is read line by line; one whose name ends with `.gz` is decompressed.
 *
 * @param file - a path or a `file:` URL
 * @throws EmbeddingGemmaError `DATA_INVALID` for a file that is empty or cannot be read, and for a
 * line that is not as described. The message says the line and what was found.
 */
export async function readPairs(file: string | URL): Promise<TrainingPair[]> {
  return await collect(file, (row) => {
    const query = textOf(row, queryKeys);
    const document = documentOf(row, documentKeys);
    const negatives = negativesOf(row);
    return [negatives.length > 0 ? { query, document, negatives } : { query, document }];
  });
}

/**
 * Reads triplets for `evaluateTriplets`. The files and keys are those of {@link readPairs}, but
 * every line needs a negative. A line with several negatives gives as many triplets.
 *
 * @param file - a path or a `file:` URL
 * @throws EmbeddingGemmaError `DATA_INVALID` as {@link readPairs}
 */
export async function readTriplets(file: string | URL): Promise<Triplet[]> {
  return await collect(file, (row) => {
    const anchor = textOf(row, ["anchor", "query"]);
    const positive = documentOf(row, ["positive", "document"]);
    const negatives = negativesOf(row);
    if (negatives.length > 0) return negatives.map((negative) => ({ anchor, positive, negative }));
    const found = Object.keys(row.values).map((name) => `\`${name}\``);
    const message = `\`negative\` or \`negatives\` is missing; it has ${found.join(", ")}.`;
    throw dataInvalid(row, message);
  });
}

/**
 * Reads pairs of sentences with a score of their similarity, for `evaluateSimilarity`: a JSONL
 * file, or a CSV or TSV file with a header if its name ends with `.csv` or `.tsv`. The keys
 * (columns) are `sentence1`, `sentence2` and `score` or `label`. Scores may have any scale. The
 * file is read line by line; one whose name ends with `.gz` is decompressed.
 *
 * @param file - a path or a `file:` URL
 * @throws EmbeddingGemmaError `DATA_INVALID` as {@link readPairs}
 */
export async function readScoredPairs(file: string | URL): Promise<ScoredPair[]> {
  return await collect(file, (row) => [
    {
      sentence1: textOf(row, ["sentence1"]),
      sentence2: textOf(row, ["sentence2"]),
      score: numberOf(row, ["score", "label"]),
    },
  ]);
}

async function collect<T>(file: string | URL, read: (row: Row) => readonly T[]): Promise<T[]> {
  const items: T[] = [];
  for await (const row of readRows(absolutePath(file, checker))) items.push(...read(row));
  return items;
}

function negativesOf(row: Row): DocumentInput[] {
  const names = Object.keys(row.values)
    .filter((name) => name === "negative" || name === "negatives" || numbered.test(name))
    .sort((a, b) => placeOf(a) - placeOf(b));
  return names.flatMap((name) => {
    const value = row.values[name];
    if (value === null) return [];
    if (!Array.isArray(value)) return [checkedDocument(row, `\`${name}\``, value)];
    return value.map((each, at) => checkedDocument(row, `\`${name}[${at}]\``, each));
  });
}

/** `negative_10` follows `negative_9`. */
function placeOf(name: string): number {
  return numbered.test(name) ? Number(name.slice("negative_".length)) : -1;
}
