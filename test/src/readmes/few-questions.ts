import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folder } from "./run-page.ts";

const source = join(import.meta.dirname, "../../../examples/tuning/data");

/**
 * Copies the data of `examples/tuning` with its first judgments and the articles that these need.
 *
 * @param counts - how many judgments of each split
 * @returns the folder of the copy
 */
export async function fewQuestions(counts: Readonly<Record<string, number>>): Promise<string> {
  const data = await mkdtemp(join(folder, "few-questions-"));
  await cp(source, data, { recursive: true });
  const needed = new Set<string>();
  for (const [split, count] of Object.entries(counts)) {
    const file = join(data, `qrels/${split}.tsv`);
    const [header, ...rows] = (await readFile(file, "utf8")).split("\n");
    const kept = rows.slice(0, count);
    await writeFile(file, [header, ...kept].join("\n"));
    for (const row of kept) needed.add(row.split("\t")[1]!);
  }
  const corpus = join(data, "corpus.jsonl");
  const articles = (await readFile(corpus, "utf8")).trim().split("\n");
  await writeFile(corpus, articles.filter((line) => needed.has(JSON.parse(line)._id)).join("\n"));
  return data;
}
