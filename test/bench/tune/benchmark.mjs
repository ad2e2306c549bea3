/**
 * Training an adapter on vectors, and ranking documents for an evaluation, beside the same in
 * PyTorch. No model is needed: the vectors are random, with a linear relation that can be learned.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { versionsOf } from "../report/machine.mjs";
import { UsageError } from "../report/options.mjs";
import { pythonFor } from "../report/peers.mjs";
import { inRounds, startAll, stopAll } from "../report/rounds.mjs";
import { writePairs } from "./data.mjs";
import { evaluationTable, trainingTable } from "./tables.mjs";

export const summary = "Training an adapter and ranking for an evaluation, beside PyTorch";

export const options = {
  pairs: { default: 10_000, short: 300, help: "pairs of vectors to train with" },
  epochs: { default: 10, short: 5, help: "passes over the pairs" },
  batchSize: { default: 128, short: 64, help: "pairs in a step" },
  dimension: { default: 768, short: 96, help: "numbers of a vector" },
  matryoshkaDims: { default: "768,512,256,128", short: "96,32", help: "the loss is their sum" },
  rank: { default: 64, short: 8, help: "of the adapter with two small matrices" },
  queries: { default: 1000, short: 50, help: "queries of the evaluation" },
  documents: { default: 20_000, short: 500, help: "documents of the evaluation" },
  repeats: { default: 3, short: 1, help: "rounds, after a warm-up" },
  slow: { default: 10, help: "seconds: what takes longer is done once" },
  threads: { default: availableParallelism(), help: "threads of PyTorch" },
  torch: { value: "PATH", help: "Python with torch, to compare; default: not compared" },
};

/** Pairs that are held out: their NDCG@10 says whether the adapters have learned the same. */
const validation = 100;
/** How many documents are found for each query, as by default in `evaluateRetrieval`. */
const k = 100;

const ours = new URL("contenders/ours.mjs", import.meta.url);
const pytorch = new URL("../peers/tune/pytorch.py", import.meta.url);

export async function run({ options, report, short, log }) {
  const { pairs, queries, documents, dimension, threads, repeats } = options;
  const matryoshkaDims = options.matryoshkaDims.split(",").map(Number);
  if (matryoshkaDims.some((one) => !(one >= 1 && one <= dimension)))
    throw new UsageError(`--matryoshkaDims takes numbers of at most --dimension (${dimension}).`);
  if (queries > documents) throw new UsageError("--queries takes at most --documents.");
  const rounds = { repeats, slow: 1000 * options.slow };
  const folder = await mkdtemp(join(tmpdir(), "bench-tune-"));
  try {
    log("Writing the vectors …");
    const count = Math.max(pairs + validation, documents);
    const settings = {
      ...writePairs({ folder, count, dimension }),
      dimension,
      matryoshkaDims,
      threads,
    };
    const python = !short && options.torch ? pythonFor(options.torch) : undefined;
    const measure = async (contenders, request, work) => {
      const entries = await startAll(contenders, settings, log);
      try {
        const runs = await inRounds(entries, request, work, rounds);
        const version = entries.find((entry) => entry.prepared?.result.version);
        if (version) report.versions({ torch: version.prepared.result.version });
        return entries.map(({ name, contender, prepared }) => {
          const { error, all, peak, warmUp } = runs[name];
          const { part, isOurs } = contender;
          if (error) return { name, part, isOurs, error };
          return { name, part, isOurs, runs: all, warmUp, peak, start: prepared.result.start };
        });
      } finally {
        await stopAll(entries);
      }
    };
    const trained = await measure(trainers(options, python), "train", {
      pairs,
      validation,
      epochs: options.epochs,
      batchSize: options.batchSize,
      scale: 20,
      weightDecay: 10,
      warmupRatio: 0.1,
      seed: 0,
    });
    trainingTable(report, trained, { ...options, isCompared: python !== undefined });
    const evaluated = await measure(rankers(python), "evaluate", { queries, documents, k });
    evaluationTable(report, evaluated, { ...options, isCompared: python !== undefined });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  report.versions(versionsOf(["@embeddinggemma/tune", "@jax-js/jax"]));
}

/** Each adapter in a process of its own, so that its memory is its own. */
function trainers({ rank }, python) {
  // The learning rates are the defaults of `tune`.
  const parts = {
    "full matrix": { learningRate: 3e-4 },
    [`rank ${rank}`]: { rank, learningRate: 1e-3 },
  };
  return Object.entries(parts).flatMap(([part, training]) =>
    contenders("tune", python, { part, training }),
  );
}

function rankers(python) {
  return contenders("evaluateRetrieval", python, { part: "ranking" });
}

function contenders(own, python, { part, training }) {
  const suffix = training ? `, ${part}` : "";
  const common = { part, options: { training } };
  return [
    { ...common, name: `\`${own}\`${suffix}`, module: ours, isOurs: true },
    ...(python ? [{ ...common, name: `PyTorch${suffix}`, module: pytorch, ...python }] : []),
  ];
}
