/**
 * Measures how long the model takes for batches of rows × length tokens, and fits a line: a fixed
 * cost and a cost per token. Their quotient is the overhead in tokens that
 * packages/core/src/encoding/inference-overhead.ts has for graphs of this kind.
 *
 * node batch-cost.mjs [folder of a model] [--dtype=fp32,q8,q4] [--repeats=5] [--threads=2]
 *
 * `--cpu` measures CPU time instead, for a machine with other work: use it with `--threads=1`.
 */
import { parseArgs } from "node:util";
import { modelPath } from "@embeddinggemma/tiny-model";
import { printTable } from "./report/table.mjs";
import { loadWithSession } from "./session.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: "string", default: "q8" },
    repeats: { type: "string", default: "5" },
    threads: { type: "string" },
    cpu: { type: "boolean", default: false },
  },
});
const model = positionals[0] ?? modelPath;
const lengths = [8, 16, 32, 64, 128];
const rowCounts = [1, 2, 4, 8];
const maxTokens = 256;

for (const dtype of values.dtype.split(",")) {
  const threads = values.threads && Number(values.threads);
  const { embedder, run } = await loadWithSession(model, { dtype, threads });
  const cells = await measure(run);
  await embedder.dispose();
  const rows = lengths.map((length) => [
    length,
    ...rowCounts.map((count) => {
      const cell = cells.find(({ rows, tokens }) => rows === count && tokens === count * length);
      return cell ? Math.round((cell.tokens / cell.ms) * 1000) : "";
    }),
  ]);
  const { fixed, perToken } = fitLine(cells);
  printTable(
    `${dtype}, tokens per second; overhead ${(fixed / perToken).toFixed(1)} tokens ` +
      `(${fixed.toFixed(1)} ms and ${perToken.toFixed(2)} ms per token)`,
    [["length", ...rowCounts.map((count) => (count === 1 ? "1 row" : `${count} rows`))], ...rows],
  );
}

/** The shortest of several times, since everything that disturbs a run makes it longer. */
async function measure(run) {
  const cells = lengths.flatMap((length) =>
    rowCounts
      .filter((rows) => rows * length <= maxTokens)
      .map((rows) => ({ rows, length, tokens: rows * length, ms: Number.POSITIVE_INFINITY })),
  );
  await run(1, 16);
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const cell of cells) {
      const start = now();
      await run(cell.rows, cell.length);
      cell.ms = Math.min(cell.ms, now() - start);
    }
  }
  return cells;
}

function now() {
  if (!values.cpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The line with the least sum of squared relative errors. */
function fitLine(cells) {
  let [a, b, c, d, e] = [0, 0, 0, 0, 0];
  for (const { tokens, ms } of cells) {
    const [one, many] = [1 / ms, tokens / ms];
    a += one * one;
    b += one * many;
    c += many * many;
    d += one;
    e += many;
  }
  const determinant = a * c - b * b;
  return { fixed: (d * c - b * e) / determinant, perToken: (a * e - b * d) / determinant };
}
