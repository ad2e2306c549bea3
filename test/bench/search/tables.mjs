/** What the search benchmark found, as tables and charts. */
import { filters, timeAtRecall } from "./measure.mjs";

const wanted = [0.95, 0.99];

/** @param results - by name; `data` is `{ name, count, dimension }` */
export function tablesOf(report, contenders, results, { name, count, dimension, more }) {
  const raw = count * dimension * 4;
  const title = `${count.toLocaleString("en-US")} ${name} vectors of ${dimension}`;
  const each = (cells) =>
    contenders.map((contender) => [contender.name, ...cells(results[contender.name])]);
  report.table(
    `${title}: queries, ms`,
    [
      ["", "p50", "p99", "recall@10", "in a batch", "MMR", ...Object.keys(filters)],
      ...each((result) => [
        result.error ? `failed: ${result.error}` : number(result.p50),
        number(result.p99),
        result.recall === undefined ? "" : result.recall.toFixed(3),
        cell(result, "searchMany", "batch"),
        cell(result, "diverse", "diverse"),
        ...Object.keys(filters).map((share) => cell(result, "filtered", `filter ${share}`)),
      ]),
    ],
    ["The last columns are filters that match so many of the items. – is not offered."],
  );
  report.table(
    `${title}: the rest`,
    [
      ["", "build, s", `add ${more}, ms`, `delete ${more}, ms`, "save, ms", "open, ms"].concat([
        "disk / raw",
        "memory, MiB",
        "memory / raw",
      ]),
      ...each((result) => [
        result.error ? `failed: ${result.error}` : number(result.seconds),
        cell(result, undefined, "add"),
        cell(result, "remove", "delete"),
        cell(result, "save", "save", ({ milliseconds }) => milliseconds),
        cell(result, "open", "open"),
        cell(result, "save", "save", ({ bytes }) => bytes / raw),
        result.memory ? number(result.memory / 2 ** 20) : "",
        result.memory ? number(result.memory / raw) : "",
      ]),
    ],
    ["Memory is the most that the process and its child processes have had after the build."],
  );
}

/** Milliseconds at equal recall: approximate contenders at the effort that reaches it. */
export function recallTable(report, contenders, results, { name, count }) {
  const rows = contenders
    .map((contender) => ({ contender, result: results[contender.name] }))
    .filter(({ result }) => !result.error && result.p50 !== undefined)
    .map(({ contender, result }) => {
      const measured = [...(result.efforts ?? []), asEffort(result)];
      return [contender.name, ...wanted.map((recall) => number(timeAtRecall(measured, recall)))];
    });
  report.table(
    `Milliseconds a query at equal recall@10: ${count.toLocaleString("en-US")} ${name} vectors`,
    [["", ...wanted.map((recall) => `recall ≥ ${recall}`)], ...rows],
    ["Empty: no effort that was tried finds so much."],
  );
}

/** @param rounds - `{ name, count, contenders, results }` of each data set and size */
export function charts(report, rounds) {
  const [{ name }] = rounds;
  const ofData = rounds.filter((round) => round.name === name);
  const { contenders, results, count } = ofData.at(-1);
  const sized = `${count.toLocaleString("en-US")} ${name} vectors`;
  const lines = contenders.map(({ name, ours }) => ({
    name,
    ours,
    points: ofData.flatMap((round) => {
      const milliseconds = round.results[name]?.p50;
      return milliseconds === undefined ? [] : [[round.count, milliseconds]];
    }),
  }));
  report.lines("query", {
    title: "Time of a query by size (lower is better)",
    subtitle: `${name} vectors, 10 hits, median`,
    x: { name: "vectors", log: true },
    y: { name: "ms", log: true },
    series: lines.filter(({ points }) => points.length > 0),
  });
  const curves = contenders.flatMap(({ name, ours }) => {
    const { efforts = [] } = results[name];
    const points = efforts.map(({ recall, milliseconds }) => [recall, milliseconds]);
    return points.length > 0 ? [{ name, ours, points: points.sort(([a], [b]) => a - b) }] : [];
  });
  if (curves.length > 0) {
    const lowest = Math.min(...curves.map(({ points }) => points[0][0]), 0.99);
    report.lines("recall", {
      title: "Recall against time (right and low is better)",
      subtitle: sized,
      x: { name: "recall@10", min: Math.floor(lowest * 20) / 20 },
      y: { name: "ms a query", log: true },
      series: curves,
    });
  }
  const bars = (value) =>
    contenders.map(({ name, ours }) => {
      const { error } = results[name];
      return { name, ours, value: value(results[name]), note: error && "failed" };
    });
  report.bars("build", {
    title: "Time to build (lower is better)",
    subtitle: sized,
    unit: "seconds",
    bars: bars(({ seconds, error }) => (error ? undefined : seconds)),
    log: true,
  });
  report.bars("memory", {
    title: "Most memory after the build (lower is better)",
    subtitle: `${sized}, with child processes`,
    unit: "MiB",
    bars: bars(({ memory }) => (memory ? memory / 2 ** 20 : undefined)),
  });
}

function asEffort({ p50, recall }) {
  return { recall, milliseconds: p50 };
}

function cell(result, offer, key, pick = (value) => value) {
  if (result.error) return "";
  if (offer && !result.offers.includes(offer)) return "–";
  const value = result[key];
  if (value === undefined) return "";
  return value.error ? `failed: ${value.error.slice(0, 60)}` : number(pick(value));
}

function number(value) {
  if (value === undefined) return "";
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(+value.toPrecision(3));
}
