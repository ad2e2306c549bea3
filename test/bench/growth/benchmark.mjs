/**
 * How each cost grows: with the length of a text, the number of documents, their dimensions, the
 * threads, and the callers. One chart each.
 */
import { availableParallelism } from "node:os";
import { Contender } from "../report/contender.mjs";
import { versionsOf } from "../report/machine.mjs";
import { modelFolder } from "../report/options.mjs";
import { median, percentile } from "../report/statistics.mjs";
import { mixedLengths } from "../texts.mjs";

export const summary = "How costs grow with length, documents, dimensions, threads and callers";

const parts = { length, documents, dimensions, threads, callers };
const upTo = (numbers, most) => numbers.filter((number) => number <= most);

export const options = {
  dtype: { default: "q8", help: "file of the model" },
  only: { default: Object.keys(parts).join(","), help: "what is measured" },
  maxTokens: { default: 2048, short: 64, help: "tokens of the longest text" },
  maxTexts: { default: 2048, short: 32, help: "most texts to embed in one call" },
  maxVectors: { default: 100_000, short: 3000, help: "most vectors in a store" },
  vectors: { default: 20_000, short: 1000, help: "vectors in the stores of several dimensions" },
  maxThreads: { default: availableParallelism(), help: "most threads" },
  maxCallers: { default: 64, short: 4, help: "most callers at once" },
  budget: { default: 1.5, short: 0.05, help: "seconds for each point, after a warm-up" },
};

export async function run({ options, report, log }) {
  const model = modelFolder(options.positional);
  const { dtype, maxThreads } = options;
  const settings = { model, dtype, threads: maxThreads };
  const processes = [];
  const start = async (file, given = {}) => {
    const module = new URL(`contenders/${file}`, import.meta.url);
    const process = new Contender({ name: file, module });
    processes.push(process);
    await process.request("prepare", { ...settings, ...given });
    return process;
  };
  try {
    for (const name of options.only.split(",")) {
      if (!parts[name]) throw new Error(`There is no part "${name}".`);
      const began = performance.now();
      const budget = 1000 * options.budget;
      await parts[name]({ options, budget, report, start });
      log(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
      for (const process of processes.splice(0)) await process.stop();
    }
  } finally {
    for (const process of processes) await process.stop();
  }
  report.versions(versionsOf(["@huggingface/transformers", "faiss-node"]));
}

async function length({ options, budget, report, start }) {
  const embedder = await start("embedder.mjs");
  const points = [];
  for (const tokens of upTo([8, 16, 32, 64, 128, 256, 512, 1024, 2048], options.maxTokens)) {
    const { result } = await embedder.request("length", { tokens, budget });
    points.push({ tokens, milliseconds: median(result), runs: result.length });
  }
  report.figures("length", points);
  report.table(`One text, ${options.dtype}`, [
    ["tokens", ...points.map(({ tokens }) => tokens)],
    ["ms", ...points.map(({ milliseconds }) => short(milliseconds))],
    ["µs per token", ...points.map((p) => short((1000 * p.milliseconds) / p.tokens))],
  ]);
  report.lines("length", {
    title: "Time of one text by its length (less is better)",
    subtitle: options.dtype,
    x: { name: "tokens", log: true },
    y: { name: "ms", log: true },
    series: [{ name: "encode", ours: true, points: points.map((p) => [p.tokens, p.milliseconds]) }],
  });
}

async function documents({ options, budget, report, start }) {
  const embedder = await start("embedder.mjs");
  const texts = [];
  for (const count of upTo([1, 8, 32, 128, 512, 2048], options.maxTexts)) {
    const lengths = mixedLengths(count);
    const { result } = await embedder.request("texts", { lengths, budget });
    texts.push({ count, milliseconds: median(result.times), tokens: result.tokens });
    if (texts.at(-1).milliseconds > longest * budget) break;
  }
  const stores = {};
  for (const [name, settings] of Object.entries(storeKinds)) {
    const store = await start("store.mjs");
    stores[name] = [];
    for (const count of upTo([1000, 3000, 10_000, 30_000, 100_000], options.maxVectors)) {
      const request = { options: settings, count, dimension: 768, queries: 50, budget };
      const { result, peak } = await store.request("store", request);
      stores[name].push({ count, ...timesOfStore(result), peak });
    }
    await store.stop();
  }
  report.figures("documents", { texts, stores });
  report.table(`Texts of mixed length in one call, ${options.dtype}`, [
    ["texts", ...texts.map(({ count }) => count)],
    ["ms", ...texts.map(({ milliseconds }) => short(milliseconds))],
    ["tokens/s", ...texts.map((p) => short((1000 * p.tokens) / p.milliseconds))],
  ]);
  for (const [name, points] of Object.entries(stores)) {
    report.table(`${name}, vectors of 768 dimensions`, [
      ["vectors", ...points.map(({ count }) => count)],
      ["index, ms", ...points.map(({ indexed }) => short(indexed))],
      ["query, p50 ms", ...points.map(({ p50 }) => short(p50))],
      ["query, p99 ms", ...points.map(({ p99 }) => short(p99))],
    ]);
  }
  const line = (value) =>
    Object.entries(stores).map(([name, points]) => ({
      name,
      points: points.map((point) => [point.count, value(point)]),
    }));
  const x = { name: "documents", log: true };
  report.lines("indexing", {
    title: "Time to index by number of documents (less is better)",
    subtitle: `embedding ${options.dtype} texts of mixed length, and storing their vectors`,
    x,
    y: { name: "ms", log: true },
    series: [
      { name: "embed", ours: true, points: texts.map((p) => [p.count, p.milliseconds]) },
      ...line(({ indexed }) => indexed).map((one) => ({ ...one, name: `store, ${one.name}` })),
    ],
  });
  report.lines("query", {
    title: "Time of a query by number of documents (less is better)",
    subtitle: "vectors of 768 dimensions",
    x,
    y: { name: "ms, median", log: true },
    series: line(({ p50 }) => p50),
  });
}

async function dimensions({ options, budget, report, start }) {
  const points = [];
  for (const dimension of [128, 256, 512, 768]) {
    const store = await start("store.mjs");
    const { vectors: count } = options;
    const request = { options: {}, count, dimension, queries: 50, budget };
    const { result, peak } = await store.request("store", request);
    points.push({ dimension, ...timesOfStore(result), peak });
    await store.stop();
  }
  report.figures("dimensions", points);
  report.table(`${options.vectors} vectors, exact search`, [
    ["dimensions", ...points.map(({ dimension }) => dimension)],
    ["index, ms", ...points.map(({ indexed }) => short(indexed))],
    ["query, p50 ms", ...points.map(({ p50 }) => short(p50))],
    ["query, p99 ms", ...points.map(({ p99 }) => short(p99))],
    ["peak memory, MiB", ...points.map(({ peak }) => Math.round(peak / 2 ** 20))],
  ]);
  report.lines("dimensions", {
    title: "Time of a query by dimensions (less is better)",
    subtitle: `${options.vectors} vectors, exact search`,
    x: { name: "dimensions" },
    y: { name: "ms, median" },
    series: [{ name: "search", ours: true, points: points.map((p) => [p.dimension, p.p50]) }],
  });
}

async function threads({ options, budget, report, start }) {
  const works = { "48 mixed texts": mixedLengths(48), "1 query": [6] };
  const series = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (const count of threadCounts(options.maxThreads)) {
    const embedder = await start("embedder.mjs", { threads: count });
    for (const [name, lengths] of Object.entries(works)) {
      const { result } = await embedder.request("texts", { lengths, budget });
      const rate = (1000 * result.tokens) / median(result.times);
      series[name].push({ threads: count, rate });
    }
    await embedder.stop();
  }
  report.figures("threads", series);
  report.table(`Tokens a second by threads, ${options.dtype}`, [
    ["threads", ...series["1 query"].map((point) => point.threads)],
    ...Object.entries(series).map(([name, points]) => [name, ...points.map((p) => short(p.rate))]),
  ]);
  report.lines("threads", {
    title: "Tokens a second by threads (more is better)",
    subtitle: options.dtype,
    x: { name: "threads" },
    y: { name: "tokens/s" },
    series: Object.entries(series).map(([name, points]) => ({
      name,
      points: points.map((point) => [point.threads, point.rate]),
    })),
  });
}

async function callers({ options, budget, report, start }) {
  const embedder = await start("embedder.mjs");
  const works = {
    texts: { query: false, lengths: mixedLengths(200) },
    queries: { query: true, lengths: Array.from({ length: 200 }, (_, index) => 4 + (index % 9)) },
  };
  const series = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (const count of upTo([1, 2, 4, 8, 16, 32, 64], options.maxCallers)) {
    for (const [name, work] of Object.entries(works)) {
      const { result } = await embedder.request("callers", { ...work, count, budget });
      const { rate, milliseconds } = result;
      const [p50, p99] = [50, 99].map((percent) => percentile(milliseconds, percent));
      series[name].push({ callers: count, rate, p50, p99 });
    }
  }
  report.figures("callers", series);
  for (const [name, points] of Object.entries(series)) {
    report.table(`Callers that each embed one of the ${name} after the other, ${options.dtype}`, [
      ["callers", ...points.map((point) => point.callers)],
      [`${name}/s`, ...points.map(({ rate }) => short(rate))],
      ["p50 ms", ...points.map(({ p50 }) => short(p50))],
      ["p99 ms", ...points.map(({ p99 }) => short(p99))],
    ]);
  }
  report.lines("callers", {
    title: "Texts and queries a second by callers (more is better)",
    subtitle: `${options.dtype}; each caller waits for its text before the next`,
    x: { name: "callers at once", log: true },
    y: { name: "a second" },
    series: Object.entries(series).map(([name, points]) => ({
      name,
      points: points.map((point) => [point.callers, point.rate]),
    })),
  });
}

/** A series ends with a run that takes so many times the budget. */
const longest = 10;

const storeKinds = { "exact search": {}, "searchDimension 128": { searchDimension: 128 } };

function timesOfStore({ indexed, times }) {
  return { indexed, p50: percentile(times, 50), p99: percentile(times, 99), runs: times.length };
}

/** 1, 2, 4, … and the most. */
function threadCounts(most) {
  const powers = upTo([1, 2, 4, 8, 16, 32, 64, 128], most);
  return powers.includes(most) ? powers : [...powers, most];
}

function short(value) {
  return value >= 100
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
}
