// EmbeddingGemma in LangChain.js and LlamaIndex.TS: embed, index, search, filter, save and open.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadEmbedder } from "./embedder.mjs";
import { langchain } from "./langchain.mjs";
import { llamaindex } from "./llamaindex.mjs";
import { passages } from "./passages.mjs";
import { question } from "./planets.mjs";
import { heading, ranking } from "./report.mjs";

const frameworks = [langchain, llamaindex];

const { embedder, name, seconds } = await loadEmbedder();
console.log(`Model: ${name}, loaded in ${seconds.toFixed(1)} s`);

heading(`"${question}"`);
for (const { name, rankPlanets } of frameworks) {
  for (const dimension of embedder.matryoshkaDimensions.filter(
    (one) => one === embedder.dimension || one === 256,
  )) {
    ranking(`${name}, ${dimension} dimensions`, await rankPlanets(embedder, dimension));
  }
}

const query = "Who walked on the Moon?";
const after = 2000;
heading(`"${query}", among ${passages.length} passages`);
for (const { name, searchPassages } of frameworks) {
  const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-"));
  const { all, filtered, reopened } = await searchPassages(embedder, { query, after, folder });
  await rm(folder, { recursive: true });
  ranking(`${name}, all`, all);
  ranking(`${name}, only events after ${after}`, filtered);
  const same = isDeepStrictEqual(reopened, filtered);
  console.log(`\n  Saved and opened again: ${same ? "the same results" : "DIFFERENT RESULTS"}`);
  if (!same) process.exitCode = 1;
}
await embedder.dispose();
