import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "@embeddinggemma/internal";
import { someOf } from "../check.ts";
import { dataInvalid } from "./data-error.ts";

/** The files of a data set in BEIR's format. */
interface BeirFiles {
  readonly corpus: string;
  readonly queries: string;
  readonly qrels: string;
}

const expected =
  "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/<split>.tsv (or .jsonl); each of them " +
  "may be compressed, as .gz.";

const parquetAdvice =
  "Parquet files are not read: write them as JSONL, in Python with `Dataset.to_json(path)`.";

const ending = /\.(?:tsv|jsonl)(?:\.gz)?$/;

/**
 * Finds the files of a data set.
 *
 * @throws EmbeddingGemmaError `DATA_INVALID` if there are none, or none of the split
 */
export async function beirFiles(folder: string, split: string): Promise<BeirFiles> {
  const names = await namesIn(folder);
  const corpus = await jsonLines(folder, names, "corpus", split);
  const queries = await jsonLines(folder, names, "queries", split);
  if (corpus === undefined || queries === undefined) {
    const missing = corpus === undefined ? "corpus.jsonl" : "queries.jsonl";
    throw dataInvalid(
      { file: folder },
      `this is no BEIR folder, because ${missing} is missing; it ${contents(names)}. ` +
        `${expected}${await advice(folder, names)}`,
      { found: names },
    );
  }
  return { corpus, queries, qrels: await qrelsFile(folder, names, split) };
}

async function qrelsFile(folder: string, names: readonly string[], split: string): Promise<string> {
  const inFolder = names.includes("qrels") ? await namesIn(join(folder, "qrels")) : [];
  const found = named(inFolder, split);
  if (found !== undefined) return join(folder, "qrels", found);
  const beside = named(names, split) ?? named(names, "qrels");
  if (beside !== undefined) return join(folder, beside);
  const splits = [...new Set([...splitsIn(inFolder), ...splitsIn(names)])].sort();
  throw dataInvalid(
    { file: folder },
    splits.length > 0
      ? `there is no split ${JSON.stringify(split)}. The splits are ${splits.join(", ")}.`
      : `there are no judgements: qrels/${split}.tsv is missing; the folder ${contents(names)}. ` +
          `${expected}${await advice(folder, names)}`,
    { split, splits },
  );
}

/** `<name>.jsonl`, or a file in the folder `<name>`: that of the split, or the only one. */
async function jsonLines(
  folder: string,
  names: readonly string[],
  name: string,
  split: string,
): Promise<string | undefined> {
  const file = named(names.filter(isJsonLines), name);
  if (file !== undefined) return join(folder, file);
  if (!names.includes(name)) return undefined;
  const inside = (await namesIn(join(folder, name))).filter(isJsonLines);
  const found = named(inside, split) ?? (inside.length === 1 ? inside[0] : undefined);
  return found === undefined ? undefined : join(folder, name, found);
}

/** The file of a list that has this name before its ending. */
function named(names: readonly string[], name: string): string | undefined {
  return names.find((each) => ending.test(each) && each.replace(ending, "") === name);
}

function isJsonLines(name: string): boolean {
  return /\.jsonl(?:\.gz)?$/.test(name);
}

function splitsIn(names: readonly string[]): string[] {
  return names
    .filter((name) => ending.test(name) && !/^(?:corpus|queries)\./.test(name))
    .map((name) => name.replace(ending, ""));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message =
      code === "ENOENT"
        ? `there is no such folder. Check the path. ${expected}`
        : code === "ENOTDIR"
          ? `this is a file. ${expected} For qrels of TREC, use readTrecQrels.`
          : `the folder cannot be read: ${reasonOf(error)}`;
    throw dataInvalid({ file: folder }, message, {}, error);
  }
}

function contents(names: readonly string[]): string {
  return names.length === 0 ? "is empty" : `has ${someOf(names)}`;
}

async function advice(folder: string, names: readonly string[]): Promise<string> {
  const inside = await Promise.all(
    names
      .filter((name) => ["corpus", "queries", "qrels", "data"].includes(name))
      .map((name) => readdir(join(folder, name)).catch(() => [])),
  );
  const hasParquet = [...names, ...inside.flat()].some((name) => name.endsWith(".parquet"));
  return hasParquet ? ` ${parquetAdvice}` : "";
}
