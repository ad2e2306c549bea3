import { join } from "node:path";
import { readText } from "../report/text-file.mjs";

/**
 * Reads a retrieval task: a folder in the layout of BEIR, or a file with one passage a line, which
 * may be gzipped. Of a passage, the first sentence is the query and the rest is the document.
 *
 * @param limit - number of documents, at least those that answer a query that is kept
 * @returns `queries` with their `grades` (a map from ids of documents), and `documents`
 */
export async function readRetrieval(path, limit) {
  return /\.(txt|gz)$/.test(path) ? readPassages(path, limit) : readBeir(path, limit);
}

async function readBeir(folder, limit) {
  const lines = async (file) => (await readText(join(folder, file))).split(/\r?\n/).filter(Boolean);
  const jsonLines = async (file) => (await lines(file)).map((line) => JSON.parse(line));
  const corpus = await jsonLines("corpus.jsonl");
  const ids = new Set(corpus.map(({ _id }) => _id));
  const gradesOf = new Map();
  for (const line of (await lines("qrels/test.tsv")).slice(1)) {
    const [query, document, grade] = line.split("\t");
    if (!ids.has(document) || !(Number(grade) > 0)) continue;
    if (!gradesOf.has(query)) gradesOf.set(query, new Map());
    gradesOf.get(query).set(document, Number(grade));
  }
  // Half of a smaller task are documents that answer no query.
  const most = corpus.length <= limit ? Number.POSITIVE_INFINITY : limit / 2;
  const kept = new Set();
  const queries = (await jsonLines("queries.jsonl")).filter(({ _id }) => {
    const found = [...(gradesOf.get(_id)?.keys() ?? [])];
    const added = found.filter((id) => !kept.has(id));
    if (found.length === 0 || kept.size + added.length > most) return false;
    for (const id of added) kept.add(id);
    return true;
  });
  for (const { _id } of corpus) if (kept.size < limit) kept.add(_id);
  return {
    queries: queries.map(({ text }) => text),
    grades: queries.map(({ _id }) => gradesOf.get(_id)),
    documents: corpus
      .filter(({ _id }) => kept.has(_id))
      .map(({ _id, title, text }) => ({ id: _id, text, ...(title && { title }) })),
  };
}

async function readPassages(path, limit) {
  const passages = (await readText(path))
    .split(/\r?\n/)
    .filter((line) => line.length >= 120)
    .map((line) => line.split(/(?<=[.!?])\s+(?=[A-Z0-9"'(])/))
    .filter((sentences) => sentences.length >= 2);
  const step = Math.max(passages.length / limit, 1);
  const taken = Array.from(
    { length: Math.min(limit, passages.length) },
    (_, index) => passages[Math.floor(index * step)],
  );
  return {
    queries: taken.map(([first]) => first),
    grades: taken.map((_, index) => new Map([[String(index), 1]])),
    documents: taken.map(([, ...rest], index) => ({ id: String(index), text: rest.join(" ") })),
  };
}

/**
 * Reads pairs of sentences with their scores: a CSV file with the columns sentence 1, sentence 2,
 * score, with or without headings.
 *
 * @param limit - number of pairs; fewer pairs are taken from the whole file
 */
export async function readPairs(path, limit) {
  const rows = parseCsv(await readText(path)).filter(
    ([, , score]) => score !== undefined && score !== "" && Number.isFinite(Number(score)),
  );
  const step = Math.max(rows.length / limit, 1);
  return Array.from({ length: Math.min(limit, rows.length) }, (_, index) => {
    const [left, right, score] = rows[Math.floor(index * step)];
    return { left, right, score: Number(score) };
  });
}

function parseCsv(text) {
  const rows = [];
  for (const line of text.matchAll(/(?:"(?:[^"]|"")*"|[^"\r\n])+/g)) {
    const cells = [...line[0].matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
    rows.push(cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));
  }
  return rows;
}
