/**
 * Embedding, beside peers in JavaScript and Python: texts of three kinds, single queries, cold
 * starts, memory, and what vectors each gives.
 */
import { availableParallelism } from "node:os";
import { downloadSize, filesOf } from "../files/sizes.mjs";
import { Contender } from "../report/contender.mjs";
import { versionsOf } from "../report/machine.mjs";
import { modelFolder } from "../report/options.mjs";
import { coldStarts, inRounds, startAll, stopAll } from "../report/rounds.mjs";
import { mixedLengths, textsOf } from "../texts.mjs";
import { bestTimes } from "./best-rate.mjs";
import { contendersFor, reference } from "./contenders.mjs";
import { queryTable, rates, ratesTable, vectorsTable } from "./tables.mjs";

export const summary = "Embedding, beside JavaScript and Python peers";

export const options = {
  dtype: { default: "q8", help: "file of the model, for all but Sentence Transformers (fp32)" },
  texts: { default: 48, short: 8, help: "short texts, and texts of mixed length" },
  long: { default: 4, short: 1, help: "long texts" },
  longWords: { default: 1000, short: 60, help: "their words" },
  queries: { default: 30, short: 5, help: "single queries" },
  repeats: { default: 3, short: 2, help: "rounds, after a warm-up" },
  starts: { default: 3, short: 1, help: "cold starts of each" },
  slow: { default: 10, help: "seconds: a run that takes longer is not repeated" },
  threads: { default: availableParallelism(), help: "threads of each contender" },
  only: { value: "NAMES", help: "only contenders with these in their names" },
  python: {
    value: "PATH",
    help: "Python with requirements.txt's packages, or none; default: made",
  },
  torchPython: { value: "PATH", help: "Python with Sentence Transformers, or none; default: made" },
  pytorch: { value: "FOLDER", help: "PyTorch weights, for Sentence Transformers" },
};

export async function run({ options, report, short, log }) {
  const model = modelFolder(options.positional);
  const [file] = filesOf(model, [options.dtype]);
  const { dtype, threads, repeats } = options;
  const settings = { model, path: file.path, dtype, threads };
  const contenders = contendersFor(options, { short, log });
  const works = {
    short: textsOf(Array(options.texts).fill(16)),
    mixed: textsOf(mixedLengths(options.texts)),
    long: textsOf(Array(options.long).fill(options.longWords)),
  };
  const queryTexts = textsOf(
    Array.from({ length: options.queries }, (_, index) => 4 + (index % 9)),
  );
  const { lengths, best } = await measureGraph(settings, { ...works, queries: queryTexts }, short);
  report.figures("tokens", lengths);
  report.figures("graph", best.cells);

  const entries = await startAll(contenders, settings, log, 2.5 * downloadSize(model, file));
  report.versions(versionsOf(["@embeddinggemma/core", "@huggingface/transformers"]));
  for (const { prepared } of entries) report.versions(prepared?.result?.versions ?? {});
  try {
    for (const [work, texts] of Object.entries(works)) {
      log(`${work}: ${texts.length} texts …`);
      const runs = await inRounds(
        entries,
        "run",
        { texts },
        { repeats, slow: options.slow * 1000 },
      );
      const results = rates(entries, runs, lengths[work], best.together(lengths[work]));
      report.figures(work, results);
      ratesTable(report, work, texts.length, results, options);
    }
    log("queries …");
    const queries = await inRounds(entries, "queries", { texts: queryTexts }, { repeats });
    log("vectors …");
    const vectors = await inRounds(
      entries,
      "vectors",
      { texts: works.mixed },
      { repeats: 1, slow: 0 },
    );
    const memory = Object.fromEntries(entries.map(({ name }) => [name, vectors[name].peak]));
    await stopAll(entries);
    log("cold starts …");
    const first = { ...settings, query: queryTexts[0] };
    const starts = await coldStarts(contenders, "first", first, { repeats: options.starts });
    const alone = best.alone(lengths.queries) / lengths.queries.length;
    const results = queryTable(report, contenders, { queries, starts, memory, alone }, options);
    report.figures("queries", results);
    report.figures("vectors", vectorsTable(report, contenders, vectors, reference));
  } finally {
    await stopAll(entries);
  }
}

/** Tokens of all texts, and how fast the graph is alone; these processes end before the others. */
async function measureGraph(settings, works, short) {
  const ours = new Contender({ name: "tokens", module: moduleOf("embedder.mjs") });
  const graph = new Contender({ name: "graph", module: moduleOf("session.mjs") });
  try {
    await ours.request("prepare", settings);
    const lengths = {};
    for (const [work, texts] of Object.entries(works)) {
      lengths[work] = (await ours.request("tokens", { texts })).result;
    }
    await ours.stop();
    await graph.request("prepare", settings);
    const longest = Math.max(...Object.values(lengths).flat());
    const measured = [8, 16, 32, 64, 128, 256, 512].filter((length) => length < longest);
    const shapes = { lengths: [...measured, longest], most: short ? 128 : 512 };
    const request = { ...shapes, repeats: short ? 1 : 3 };
    const { result: cells } = await graph.request("sweep", request);
    return { lengths, best: { cells, ...bestTimes(cells) } };
  } finally {
    await stopAll([{ process: ours }, { process: graph }]);
  }
}

function moduleOf(file) {
  return new URL(`contenders/${file}`, import.meta.url);
}
