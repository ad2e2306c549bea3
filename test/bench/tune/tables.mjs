import { median, summary } from "../report/statistics.mjs";

/**
 * @param results - for each contender `{ name, part, isOurs, runs, peak, start }` or `{ name, error
 * }`; those of the same `part` did the same work
 */
export function trainingTable(report, results, settings) {
  const { pairs, epochs, batchSize, dimension, matryoshkaDims, isCompared } = settings;
  const vectors = 2 * pairs * dimension * 4;
  const rows = withSummaries(results).map((one) =>
    one.error
      ? [one.name, one.error, ...Array(8).fill("–")]
      : [
          one.name,
          range(one.seconds),
          ratio(one),
          short((1000 * one.seconds.median) / one.steps),
          short(one.cpu.median),
          mebibytes(one.start),
          mebibytes(one.peak),
          short((one.peak - one.start) / vectors),
          one.loss.toFixed(3),
          `${one.before.toFixed(3)} → ${one.after.toFixed(3)}`,
        ],
  );
  const title =
    `Training: ${pairs} pairs, ${epochs} epochs, ${dimension} numbers, batches of ${batchSize}, ` +
    `queries only, cut to ${matryoshkaDims}`;
  const head = ["", "seconds", "PyTorch's, times", "ms a step", "CPU, s"];
  const memory = ["start, MiB", "peak, MiB", "(peak − start) / vectors"];
  report.table(
    title,
    [[...head, ...memory, "loss", "NDCG@10"], ...rows],
    [
      `The vectors of the pairs have ${short(vectors / 2 ** 20)} MiB. Seconds are those after ` +
        "the embedding. The memory is that before the first call, and the most until the last, " +
        "with the embedding. The loss is that of the last epoch.",
      ...notCompared(isCompared),
    ],
  );
  finish(report, "training", results, title);
}

export function evaluationTable(report, results, settings) {
  const { queries, documents, dimension, isCompared } = settings;
  const vectors = (queries + documents) * dimension * 4;
  const summaries = withSummaries(results);
  const [reference] = summaries;
  const rows = summaries.map((one) =>
    one.error
      ? [one.name, one.error, ...Array(6).fill("–")]
      : [
          one.name,
          range(one.seconds),
          ratio(one),
          short(one.cpu.median),
          mebibytes(one.start),
          mebibytes(one.peak),
          short((one.peak - one.start) / vectors),
          reference.error ? "–" : shared(reference.found, one.found).toFixed(4),
        ],
  );
  const title = `Evaluation: ${queries} queries, ${documents} documents, ${dimension} numbers`;
  const head = ["", "seconds", "PyTorch's, times", "CPU, s", "start, MiB", "peak, MiB"];
  report.table(
    title,
    [[...head, "(peak − start) / vectors", "same ten"], ...rows],
    [
      `The vectors have ${short(vectors / 2 ** 20)} MiB. Seconds of \`evaluateRetrieval\` are ` +
        "those outside the embedder, with the metrics; those of PyTorch are a matrix product and " +
        "`topk`.",
      ...notCompared(isCompared),
    ],
  );
  finish(report, "evaluation", results, title);
}

function notCompared(isCompared) {
  return isCompared ? [] : ["PyTorch was not compared: set `--torch`."];
}

/** Medians, and what the last run found. `times` says how many times PyTorch's seconds it took. */
function withSummaries(results) {
  const summaries = results.map(({ runs, ...one }) => {
    if (one.error) return one;
    const seconds = summary(runs.map((run) => run.seconds));
    const cpu = summary(runs.map((run) => run.cpu));
    return { ...runs.at(-1), ...one, seconds, cpu };
  });
  return summaries.map((one) => {
    const peer = summaries.find(({ part, isOurs }) => part === one.part && !isOurs);
    if (one.error || !peer || peer.error) return one;
    return { ...one, times: one.seconds.median / peer.seconds.median };
  });
}

/** The share of documents among the first ten of each query that another one found, too. */
function shared(expected, found) {
  const shares = expected.map((documents, query) => {
    const others = new Set(found[query]);
    return documents.filter((document) => others.has(document)).length / documents.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function finish(report, name, results, title) {
  report.figures(
    name,
    withSummaries(results).map(({ found, ...one }) => one),
  );
  report.bars(name, {
    title: `${title.split(":")[0]} (less is better)`,
    subtitle: title.split(": ")[1],
    unit: "seconds",
    bars: results.map((one) => ({
      name: one.name.replaceAll("`", ""),
      ours: one.isOurs === true,
      ...(one.error ? { note: "failed" } : { value: median(one.runs.map((run) => run.seconds)) }),
    })),
  });
}

function ratio({ times }) {
  return times === undefined ? "–" : times.toFixed(2);
}

function range({ median, min, max, runs }) {
  return runs === 1 ? short(median) : `${short(median)} (${short(min)}–${short(max)})`;
}

function mebibytes(bytes) {
  return Math.round(bytes / 2 ** 20);
}

function short(value) {
  return String(Number(value.toPrecision(3)));
}
