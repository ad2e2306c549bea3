// Measures a model on questions to a help center, tunes it to them, and measures again. Then it
// searches through LangChain and LlamaIndex, in the store that was filled before the tuning.
import { Embedder, MemoryVectorCache } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import {
  evaluateRetrieval,
  mineHardNegatives,
  saveAdapter,
  trainingPairs,
  tune,
} from "@embeddinggemma/tune";
import { groupsOf, readSplit } from "./data.mjs";
import { printChanges, printComparison } from "./report.mjs";
import { langchainRetrievers, llamaindexRetrievers } from "./search.mjs";

/** @typedef {import("@embeddinggemma/tune").RetrievalResult} Result */

const adapterFolder = process.argv[2];

const train = await readSplit("train");
const validation = await readSplit("validation");
const test = await readSplit("test");
console.log(
  `${test.corpus.size} articles. Questions: ${train.queries.size} to train with, ` +
    `${validation.queries.size} to validate, ${test.queries.size} to test.\n`,
);

const untuned = await Embedder.load(process.env.EMBEDDINGGEMMA_MODEL || modelPath);
// Each text is embedded once. The cache keeps vectors without an adapter, so it serves both.
const cache = new MemoryVectorCache();

// Only articles that training questions ask about become negatives. Others would be pushed away,
// and nothing would pull them back.
const pairs = trainingPairs(train);
const mined = await mineHardNegatives(untuned, pairs, { numNegatives: 1, cache });
const { positive, negative } = mined.statistics;
console.log(
  `Hard negatives: ${negative.count}, similarity ${negative.mean.toFixed(2)} on average; ` +
    `${positive.mean.toFixed(2)} for the right articles.`,
);

/** @type {Record<string, import("@embeddinggemma/tune").TrainingPair[]>} */
const ways = { "in-batch negatives": pairs, "hard negatives": mined.pairs };
const tunings = [];
for (const [way, examples] of Object.entries(ways)) {
  const { adapter, history } = await tune(untuned, {
    ...{ pairs: examples, validation, cache },
    ...{ batchSize: 64, patience: 4 },
  });
  const best = history.reduce((one, other) => (other.score > one.score ? other : one));
  tunings.push({ way, adapter, score: best.score });
  console.log(
    `Trained with ${way}: NDCG@10 on validation ${history[0]?.score.toFixed(4)} → ` +
      `${best.score.toFixed(4)} (epoch ${best.epoch} of ${history.length - 1})`,
  );
}
// The validation questions choose. The test questions choose nothing.
const { way, adapter } = tunings.reduce((one, other) => (other.score > one.score ? other : one));
console.log(`Kept: ${way}\n`);
if (adapterFolder) await saveAdapter(adapter, adapterFolder);

const tuned = untuned.withAdapter(adapter);
const report = await evaluateRetrieval({ untuned, tuned }, test, {
  truncateDims: [768, 128],
  cache,
});
console.log(`${report}\n`);
const [before, , after] = /** @type {[Result, Result, Result, Result]} */ (report.results);
printComparison(before, after, {
  all: Array.from(test.queries.keys()),
  ...groupsOf(test, [train, validation]),
});
printChanges(before, after, test);

// The documents' vectors stay as they are, so the stores need no new index.
const langchain = await langchainRetrievers(test.corpus, untuned, tuned);
const llamaindex = await llamaindexRetrievers(test.corpus, untuned, tuned);
const throughFrameworks = await evaluateRetrieval(
  {
    "LangChain, untuned": langchain.untuned,
    "LangChain, tuned": langchain.tuned,
    "LlamaIndex, untuned": llamaindex.untuned,
    "LlamaIndex, tuned": llamaindex.tuned,
  },
  test,
  { mapAtK: [10] },
);
console.log(`\nThe same through the frameworks, ten articles for each question\n`);
console.log(String(throughFrameworks));

await tuned.dispose();
await untuned.dispose();
