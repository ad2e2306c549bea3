/**
 * Measures useful tokens per second (without padding) of `Embedder.encode`, and of other ways to
 * embed the same texts with the same model: one text at a time, one padded batch, batches of ten in
 * input order. Also measures a second call that finds its texts in a cache. Higher is better.
 *
 * node embedding.mjs [folder of a model] [--dtype=q8] [--texts=64] [--repeats=5]
 */
import { setTimeout as delay } from "node:timers/promises";
import { Embedder, MemoryVectorCache } from "@embeddinggemma/core";
import { AutoModel, AutoTokenizer } from "@huggingface/transformers";
import { probeOptions } from "./report/options.mjs";
import { median } from "./report/statistics.mjs";
import { printTable } from "./report/table.mjs";
import { mixedLengths, textsOf } from "./texts.mjs";

const { model, dtype, texts: count, repeats } = probeOptions({ texts: 64, repeats: 5 });

const mixes = {
  "short, alike": Array(count).fill(16),
  mixed: mixedLengths(count),
  "all long": Array(count).fill(300),
  "a few very long": Array.from({ length: count }, (_, index) => (index % 16 === 7 ? 600 : 12)),
};

const embedder = await Embedder.load(model, { dtype });
const tokenizer = await AutoTokenizer.from_pretrained(model, { local_files_only: true });
const graph = await AutoModel.from_pretrained(model, { dtype, local_files_only: true });

const cache = new MemoryVectorCache();

const strategies = {
  Embedder: (texts) => embedder.encode(texts, { prompt: "" }),
  "one at a time": (texts) => inBatches(texts, 1),
  "one padded batch": (texts) => inBatches(texts, texts.length),
  "tens in input order": (texts) => inBatches(texts, 10),
  "from the cache": (texts) => embedder.encode(texts, { prompt: "", cache }),
};

async function inBatches(texts, size) {
  for (let start = 0; start < texts.length; start += size) {
    await graph(tokenizer(texts.slice(start, start + size), { padding: true, truncation: true }));
  }
}

const rows = [["lengths", "tokens", ...Object.keys(strategies)]];
for (const [mix, lengths] of Object.entries(mixes)) {
  const texts = textsOf(lengths);
  let tokens = 0;
  for (const text of texts)
    tokens += Math.min(await embedder.countTokens(text, { prompt: "" }), embedder.maxTokens);
  const seconds = Object.fromEntries(Object.keys(strategies).map((name) => [name, []]));
  await embedder.encode(texts, { prompt: "", cache });
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [name, run] of Object.entries(strategies)) {
      // The threads of the other session spin for a while after its run and take CPU time.
      await delay(100);
      const start = performance.now();
      await run(texts);
      seconds[name].push((performance.now() - start) / 1000);
    }
  }
  const ours = median(seconds.Embedder);
  const cells = Object.values(seconds).map((times) => {
    const time = median(times);
    return `${Math.round(tokens / time)} (${(ours / time).toFixed(2)})`;
  });
  rows.push([mix, tokens, ...cells]);
}
printTable(
  `Useful tokens/s, median of ${repeats} runs with ${count} texts, ${dtype}; ` +
    "in brackets: relative to Embedder",
  rows,
);
await embedder.dispose();
await graph.dispose();
