// Incremental indexing with LangChain.js: after an edit, only the edited file is embedded again.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { indexFolder } from "./index-folder.mjs";

let embedded = 0;
const embeddings = new EmbeddingGemmaEmbeddings({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
  onEncodeProgress: ({ done, total }) => {
    if (done === total) embedded += total;
  },
});

const root = await mkdtemp(join(tmpdir(), "incremental-indexing-"));
const notes = join(root, "notes");
await mkdir(notes);
await writeFile(
  join(notes, "apples.txt"),
  "The Bramley is a sour apple for pies. The Cox is sweet and keeps until March.",
);
await writeFile(
  join(notes, "bread.txt"),
  "Rye bread needs a sourdough. It is baked for an hour and cut on the second day.",
);
await writeFile(
  join(notes, "cheese.txt"),
  "A goat's cheese is ripe after three weeks in a cool and damp cellar.",
);

console.log("                             embedded   added   skipped   deleted");
await step("three new files");
await step("nothing has changed");
await writeFile(
  join(notes, "bread.txt"),
  "Rye bread needs a sourdough. It is baked for ninety minutes and cut on the third day.",
);
await step("bread.txt was edited");
await rm(join(notes, "cheese.txt"));
await step("cheese.txt was deleted");

const { vectorStore } = await indexFolder(notes, join(root, "store"), embeddings);
const [best] = await vectorStore.similaritySearch("How long is rye bread baked?", 1);
console.log(`\nHow long is rye bread baked?\n  ${best?.metadata.source}: ${best?.pageContent}`);
await embeddings.dispose();
await rm(root, { recursive: true });

/**
 * Does what a new process would do: opens the store on disk, and updates and saves it.
 *
 * @param {string} what
 */
async function step(what) {
  embedded = 0;
  const { result } = await indexFolder(notes, join(root, "store"), embeddings);
  const { numAdded, numSkipped, numDeleted } = result;
  const counts = [embedded, numAdded, numSkipped, numDeleted].map((count, column) =>
    `${count}`.padStart([11, 8, 10, 10][column] ?? 0),
  );
  console.log(`  ${what.padEnd(24)}${counts.join("")}`);
}
