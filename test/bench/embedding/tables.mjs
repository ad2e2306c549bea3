import { cosine } from "../files/measures.mjs";
import { mean, median, percentile, summary } from "../report/statistics.mjs";

const whole = (value) => Math.round(value).toLocaleString("en-US");
const missing = "–";

/** What was measured of one kind of texts, by contender; rates are useful tokens a second. */
export function rates(entries, runs, lengths, bestMilliseconds) {
  const tokensOf = (cutsAt = Number.POSITIVE_INFINITY) =>
    lengths.reduce((sum, length) => sum + Math.min(length, cutsAt), 0);
  const results = entries.map(({ name, contender, prepared }) => {
    const { milliseconds, result, error, warmUp, peak } = runs[name];
    const base = { name, ours: contender.ours === true };
    if (error) return { ...base, error };
    const cutsAt = prepared.result?.cutsAt;
    const tokens = tokensOf(cutsAt);
    const rate = summary(milliseconds.map((time) => (1000 * tokens) / time));
    const bestRate = (1000 * tokensOf()) / bestMilliseconds;
    return {
      ...base,
      tokens,
      rate,
      milliseconds,
      warmUp,
      peak,
      padding: result.processed ? Math.max(1 - tokens / result.processed, 0) : undefined,
      ofBest: contender.dtype ? undefined : rate.median / bestRate,
      cut: lengths.some((length) => length > cutsAt) ? cutsAt : undefined,
    };
  });
  const ours = results.find(({ name }) => name === "Embedder")?.rate?.median;
  for (const result of results) {
    if (ours && result.rate) result.relative = result.rate.median / ours;
  }
  return results;
}

const titles = {
  short: "short texts",
  mixed: "texts of mixed length",
  long: "long texts",
};

export function ratesTable(report, work, count, results, { dtype }) {
  const title = `${count} ${titles[work]}, ${dtype}: useful tokens a second`;
  const rows = results.map(({ name, error, rate, relative, padding, ofBest, cut, warmUp }) => {
    if (error) return [name, missing, missing, missing, missing, missing, error];
    const notes = [];
    if (!warmUp) notes.push("one run");
    if (cut) notes.push(`cuts texts at ${cut} tokens`);
    return [
      name,
      whole(rate.median),
      `${whole(rate.min)} – ${whole(rate.max)}`,
      relative?.toFixed(2) ?? missing,
      padding === undefined ? missing : `${(100 * padding).toFixed(0)} %`,
      ofBest?.toFixed(2) ?? missing,
      notes.join(", "),
    ];
  });
  report.table(title, [
    ["", "median", "range", "relative to Embedder", "padding", "share of the best", ""],
    ...rows,
  ]);
  report.bars(work, {
    title: `${count} ${titles[work]}: more is better`,
    subtitle: `${dtype}; median, and the range of all runs`,
    unit: "useful tokens a second",
    bars: results.map(({ name, ours, rate, error }) => ({
      name,
      ours,
      value: rate?.median,
      low: rate?.min,
      high: rate?.max,
      note: error && "not measured",
    })),
  });
}

/** @param alone - milliseconds of a query in the session alone */
export function queryTable(report, contenders, { queries, starts, memory, alone }, { dtype }) {
  const results = contenders.map(({ name, ours }) => {
    const error = queries[name].error ?? starts[name].error;
    const base = { name, ours: ours === true };
    if (error) return { ...base, error };
    const times = queries[name].all.flat();
    const [p50, p99] = [percentile(times, 50), percentile(times, 99)];
    const start = summary(starts[name].milliseconds);
    return { ...base, p50, p99, ofBest: alone / p50, times, start, peak: memory[name] };
  });
  const rows = results.map(({ name, error, p50, p99, ofBest, start, peak }) =>
    error
      ? [name, missing, missing, missing, missing, error]
      : [
          name,
          `${p50.toFixed(1)} ms`,
          `${p99.toFixed(1)} ms`,
          ofBest.toFixed(2),
          `${(median(start.values) / 1000).toFixed(2)} s`,
          `${whole(peak / 2 ** 20)} MiB`,
        ],
  );
  report.table(`Single queries, cold start and memory, ${dtype}`, [
    ["", "p50", "p99", "share of the best", "cold start", "peak memory"],
    ...rows,
  ]);
  const bars = (value) =>
    results.map((result) => ({
      name: result.name,
      ours: result.ours,
      ...(result.error ? { note: "not measured" } : value(result)),
    }));
  report.bars("queries", {
    title: "A single query: less is better",
    subtitle: `${dtype}; median, and the 99th percentile as a whisker`,
    unit: "ms",
    bars: bars(({ p50, p99 }) => ({ value: p50, low: p50, high: p99 })),
  });
  report.bars("start", {
    title: "Cold start, from the process to the first vector: less is better",
    subtitle: `${dtype}; median, and the range of all starts`,
    unit: "seconds",
    bars: bars(({ start }) => ({
      value: start.median / 1000,
      low: start.min / 1000,
      high: start.max / 1000,
    })),
  });
  report.bars("memory", {
    title: "Peak memory of the process: less is better",
    subtitle: `${dtype}; after all texts and queries`,
    unit: "MiB",
    bars: bars(({ peak }) => ({ value: peak / 2 ** 20 })),
  });
  return results;
}

/** Cosines of the vectors that each gives by default with those of the reference. */
export function vectorsTable(report, contenders, vectors, reference) {
  const truth = vectors[reference]?.result ? reference : contenders[0].name;
  const expected = vectors[truth].result;
  const results = contenders.map(({ name }) => {
    const { result, error } = vectors[name];
    if (error || !expected) return { name, error: error ?? `${truth} gave no vectors` };
    if (result[0].length !== expected[0].length)
      return { name, error: `vectors of ${result[0].length} numbers` };
    const cosines = result.map((vector, row) => cosine(vector, expected[row], vector.length));
    return { name, mean: mean(cosines), min: Math.min(...cosines) };
  });
  report.table(`Vectors of documents as each library's documentation says: cosine with ${truth}`, [
    ["", "mean", "least"],
    ...results.map(({ name, error, mean, min }) =>
      error ? [name, missing, error] : [name, mean.toFixed(4), min.toFixed(4)],
    ),
  ]);
  return results;
}
