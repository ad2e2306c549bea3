import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What the documents are about, and made-up words for it. */
const topics = {
  bread: "zorbik",
  stars: "quandle",
  rivers: "mipsor",
  trains: "febluto",
  music: "wrackin",
  chess: "yubdal",
  gardens: "hoxtree",
  winter: "plimvo",
};

/** How the questions of each split begin. */
const splits = {
  train: "Who knows a lot about",
  validation: "Is there anything on",
  test: "Where can I read of",
};

/**
 * Writes a BEIR folder with eight documents. Each split has a question to each of them, in the
 * words of the documents or in made-up ones, which only training can teach.
 */
export async function writeSmallData(
  folder: string,
  { words = "plain" }: { words?: "plain" | "made-up" } = {},
): Promise<void> {
  await mkdir(join(folder, "qrels"), { recursive: true });
  const corpus = Object.keys(topics).map((topic) => ({
    _id: topic,
    text: `A text about ${topic}.`,
  }));
  await writeFile(join(folder, "corpus.jsonl"), jsonLines(corpus));
  const queries: unknown[] = [];
  for (const [split, start] of Object.entries(splits)) {
    const judgements = ["query-id\tcorpus-id\tscore"];
    for (const [topic, word] of Object.entries(topics)) {
      const _id = `${split}-${topic}`;
      queries.push({ _id, text: `${start} ${words === "plain" ? topic : word}?` });
      judgements.push(`${_id}\t${topic}\t1`);
    }
    await writeFile(join(folder, `qrels/${split}.tsv`), `${judgements.join("\n")}\n`);
  }
  await writeFile(join(folder, "queries.jsonl"), jsonLines(queries));
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}
