/**
 * The process that runs one file of a model. It loads the file at once, embeds a query, reports the
 * times and its memory, and then measures what it is told to.
 *
 * Its argument is JSON: the folder of the model, options of the load, when the process was started,
 * and whether batches of any shape will be measured.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const { model, load, query, started, batches } = JSON.parse(process.argv[2]);

const { Embedder } = await import("@embeddinggemma/core");
const { loadWithSession, runtimeVersions } = await import("../session.mjs");
const imported = Date.now();
const { embedder, run } = batches
  ? await loadWithSession(model, load)
  : { embedder: await Embedder.load(model, load) };
const loaded = Date.now();
await embedder.encodeQuery(query);
const first = Date.now();

const measures = {
  async queries({ texts }) {
    const milliseconds = [];
    for (const text of texts) milliseconds.push(await timed(() => embedder.encodeQuery(text)));
    return milliseconds;
  },

  documents: ({ texts }) => timed(() => embedder.encodeDocument(texts)),

  /** One text after the other: the same session, without batches. */
  alone: ({ texts }) => timed(() => embedder.encodeDocument(texts, { batchSize: 1 })),

  /** Batches in input order, padded to their longest text, as most scripts make them. */
  async padded({ texts, size }) {
    const lengths = await tokensOf(texts);
    return timed(async () => {
      for (let start = 0; start < lengths.length; start += size) {
        const batch = lengths.slice(start, start + size);
        await run(batch.length, Math.max(...batch));
      }
    });
  },

  async tokens({ texts }) {
    return (await tokensOf(texts)).reduce((sum, tokens) => sum + tokens, 0);
  },

  memory: async () => memory(),

  async quality(options) {
    const { measureQuality } = await import("./quality.mjs");
    return measureQuality(embedder, options);
  },
};

process.on("message", async ({ measure, options }) => {
  try {
    process.send({ result: await measures[measure](options) });
  } catch (error) {
    process.send({ error: error.stack });
  }
});
process.send({
  result: {
    imported: imported - started,
    loaded: loaded - imported,
    first: first - loaded,
    total: first - started,
    versions: runtimeVersions(),
    ...(await memory()),
  },
});

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

/** Bytes of JavaScript objects after garbage collection, of the process, and of it at its peak. */
async function memory() {
  await delay(200);
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss, peak: peakOf() };
}

function peakOf() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
}
