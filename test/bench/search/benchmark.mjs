/**
 * Search and indexing, beside other stores and libraries: queries, filters, changes, files, memory
 * and recall.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { versionsOf } from "../report/machine.mjs";
import { modelFolder, UsageError } from "../report/options.mjs";
import { contendersFor } from "./contenders.mjs";
import { exactAnswers, randomData, textData } from "./data.mjs";
import { groupsOf, measureGroup } from "./measure.mjs";
import { charts, recallTable, tablesOf } from "./tables.mjs";

export const summary = "Search and indexing, beside JavaScript and Python peers";

export const options = {
  vectors: {
    default: "1000,10000,100000",
    short: "2000",
    help: "sizes; 1000000 takes about 3 GB and hours for some peers, see --limit",
  },
  dimension: { default: 768, help: "numbers of a random vector" },
  data: {
    default: "matryoshka",
    help: "random vectors: matryoshka (variance decreases), clustered (it does not), or none",
  },
  texts: { value: "FILE", help: "a text a line, for embeddings of texts as data, by the model" },
  queries: { default: 100, short: 20, help: "queries; the last lines of --texts" },
  repeats: { default: 2, short: 1, help: "rounds, after a warm-up" },
  seconds: { default: 1, short: 0.5, help: "the longest that a contender asks in a round" },
  limit: { default: 80, short: 30, help: "seconds: a contender that builds longer is left out" },
  more: { default: 100, short: 20, help: "items that are added and deleted" },
  only: {
    value: "NAMES",
    short: "exact,hnsw32,memory",
    help: "only contenders with these in their names",
  },
  python: { value: "PATH", help: "Python with faiss-cpu, or none; default: made" },
};

export async function run({ options, report, short, log }) {
  const sizes = options.vectors.split(",").map(Number);
  if (sizes.some((size) => !(size >= 500))) {
    throw new UsageError(`--vectors takes numbers of at least 500. Given: ${options.vectors}.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "bench-search-"));
  const rounds = [];
  try {
    for (const makeData of dataSets(options, folder)) {
      const data = await makeData(Math.max(...sizes) + options.more);
      for (const size of sizes) {
        const count = Math.min(size, data.count - options.more);
        if (rounds.some((round) => round.name === data.name && round.count === count)) continue;
        log(`\n${count} ${data.name} vectors: exact answers …`);
        const of = { ...data, count, more: options.more };
        of.best = exactAnswers(of, count);
        const contenders = contendersFor(count, options, { short, log });
        const results = {};
        for (const group of groupsOf(contenders, count * data.dimension * 4)) {
          Object.assign(results, await measureGroup(group, of, { options, folder, log }));
        }
        tablesOf(report, contenders, results, of);
        recallTable(report, contenders, results, of);
        const { name } = data;
        report.figures(`${name} ${count}`, results);
        rounds.push({ name, count, contenders, results });
      }
      await rm(data.file, { force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const peers = ["usearch", "hnswlib-node", "@lancedb/lancedb", "sqlite-vec", "libsql"];
  report.versions(versionsOf(["@embeddinggemma/faiss", "faiss-node", "llamaindex"]));
  report.versions(versionsOf(["@langchain/classic"]));
  if (!short) {
    const from = new URL("../peers/package.json", import.meta.url);
    report.versions(versionsOf([...peers, "@langchain/community"], from));
  }
  charts(report, rounds);
}

/** Functions that make each of the data sets, with so many vectors. */
function dataSets({ data, texts, dimension, queries, positional }, folder) {
  const kinds = data.split(",").filter((kind) => kind !== "none");
  const random = kinds.map((kind) => {
    if (!["matryoshka", "clustered"].includes(kind)) {
      throw new UsageError(`--data takes matryoshka, clustered or none. Given: ${kind}.`);
    }
    return (count) => ({
      name: kind,
      ...randomData({ folder, kind, count, dimension, queries }),
    });
  });
  if (texts === undefined) return random;
  const model = modelFolder(positional);
  const embedded = async (count) => ({
    name: "text",
    ...(await textData({ folder, texts, model, count, queries })),
  });
  return [...random, embedded];
}
