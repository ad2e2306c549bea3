/**
 * The process that runs one file of a model (see ../report/contender.mjs). Its first request,
 * `prepare`, loads the file and embeds a query; then it measures what it is asked for.
 */
import { setTimeout as delay } from "node:timers/promises";
import { peakMemory } from "../report/memory.mjs";

let embedder;
let run;

/**
 * @param batches - whether batches of any shape will be measured
 * @returns memory after the first query, and the versions of what runs the model
 */
export async function prepare({ model, load, query, batches }) {
  const { Embedder } = await import("@embeddinggemma/core");
  const { loadWithSession, runtimeVersions } = await import("../session.mjs");
  if (batches) ({ embedder, run } = await loadWithSession(model, load));
  else embedder = await Embedder.load(model, load);
  await embedder.encodeQuery(query);
  return { versions: runtimeVersions() };
}

/** Milliseconds of each query. */
export async function queries({ texts }) {
  const milliseconds = [];
  for (const text of texts) milliseconds.push(await timed(() => embedder.encodeQuery(text)));
  return milliseconds;
}

export const documents = ({ texts }) => timed(() => embedder.encodeDocument(texts));

/** One text after the other: the same session, without batches. */
export const alone = ({ texts }) => timed(() => embedder.encodeDocument(texts, { batchSize: 1 }));

/** Batches in input order, padded to their longest text, as most scripts make them. */
export async function padded({ texts, size }) {
  const lengths = await tokensOf(texts);
  return timed(async () => {
    for (let start = 0; start < lengths.length; start += size) {
      const batch = lengths.slice(start, start + size);
      await run(batch.length, Math.max(...batch));
    }
  });
}

export async function tokens({ texts }) {
  return (await tokensOf(texts)).reduce((sum, tokens) => sum + tokens, 0);
}

/** Bytes of JavaScript objects after garbage collection, of the process, and of it at its peak. */
export async function memory() {
  await delay(200);
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss, peak: peakMemory() };
}

export async function quality(options) {
  const { measureQuality } = await import("./quality.mjs");
  return measureQuality(embedder, options);
}

async function timed(task) {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

async function tokensOf(texts) {
  const prompt = embedder.prompts.document ?? "";
  const counts = [];
  for (const text of texts) {
    counts.push(Math.min(await embedder.countTokens(text, { prompt }), embedder.maxTokens));
  }
  return counts;
}
