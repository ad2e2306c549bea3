/**
 * Measures what several processes gain: useful tokens a second, the median time of a query that is
 * alone, and the most memory that all processes of an application have in RAM at once (PSS, which
 * counts a page that several share once; Linux only).
 *
 * node workers.mjs [folder of a model] [--dtype=q8] [--workers=1,2,auto] [--rounds=3]
 */

import { probeOptions } from "./report/options.mjs";
import { inRounds, startAll, stopAll } from "./report/rounds.mjs";
import { median } from "./report/statistics.mjs";
import { printTable } from "./report/table.mjs";
import { mixedLengths, textsOf } from "./texts.mjs";

const { model, dtype, workers, rounds, queries, ...counts } = probeOptions({
  workers: "1,2,auto",
  rounds: 3,
  queries: 15,
  short: 64,
  mixed: 48,
  long: 4,
});
const works = {
  short: textsOf(Array(counts.short).fill(14)),
  mixed: textsOf(mixedLengths(counts.mixed)),
  long: textsOf(Array(counts.long).fill(1200)),
};
/** A first run is slow in a session that has not run yet, so it never counts. */
const slow = Number.POSITIVE_INFINITY;
const variants = workers.split(",").map((given) => (given === "auto" ? given : Number(given)));
const module = new URL("workers/contender.mjs", import.meta.url);
const contenders = [undefined, ...variants].map((count) => ({
  name: count === undefined ? "this process" : `workers: ${JSON.stringify(count)}`,
  module,
  options: { model, dtype, ...(count !== undefined && { workers: count }) },
}));

const entries = await startAll(contenders, {});
const rows = [
  [
    "the model runs in",
    "short, tokens/s",
    "mixed",
    "long",
    "query, ms",
    "loaded, MiB",
    "peak, MiB",
  ],
];
try {
  const measured = {};
  for (const [name, texts] of Object.entries(works))
    measured[name] = await inRounds(entries, "encode", { texts }, { repeats: rounds, slow });
  const single = { texts: textsOf(Array(queries).fill(8)) };
  measured.query = await inRounds(entries, "queries", single, { repeats: rounds });
  const memory = await inRounds(entries, "peak", { texts: works.mixed }, { repeats: 0, slow: 0 });
  for (const { name, prepared, error } of entries) {
    if (error) {
      rows.push([name, error, ...Array(rows[0].length - 2).fill("")]);
      continue;
    }
    const rate = ({ result, milliseconds }) => ((result * 1000) / median(milliseconds)).toFixed(0);
    rows.push([
      name,
      ...Object.keys(works).map((work) => figure(measured[work][name], rate)),
      figure(measured.query[name], ({ result }) => result.toFixed(1)),
      prepared.result,
      figure(memory[name], ({ result }) => result),
    ]);
  }
} finally {
  await stopAll(entries);
}
printTable(`Sessions in workers, ${dtype}, median of ${rounds} rounds`, rows);

function figure(run, format) {
  return run.error ?? format(run);
}
