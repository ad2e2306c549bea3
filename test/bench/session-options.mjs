/**
 * Measures options of an ONNX Runtime session: wall time and CPU time of an inference. All variants
 * take turns, so whatever else the machine does hits all of them.
 *
 * node session-options.mjs [folder of a model] [--dtype=q8] [--threads=2] [--repeats=40]
 * [--rows=1] [--length=24] [--pause=0] [--work=0]
 *
 * After each inference, the process waits for `--pause` milliseconds, and works as long as `--work`
 * says, as an application would. With `--threads=1`, CPU time counts on a machine with other work.
 */
import { setTimeout as delay } from "node:timers/promises";
import { probeOptions } from "./report/options.mjs";
import { median } from "./report/statistics.mjs";
import { printTable } from "./report/table.mjs";
import { loadWithSession } from "./session.mjs";

const options = probeOptions({ threads: 2, repeats: 40, rows: 1, length: 24, pause: 0, work: 0 });
/** Milliseconds after which the threads of the variant before no longer spin. */
const spinning = 30;
const session = (entries) => ({ extra: { session: entries } });
const variants = {
  "as Embedder sets them": {},
  "threads spin": session({ "intra_op.allow_spinning": "1" }),
  "threads spin within an inference": session({
    "intra_op.allow_spinning": "1",
    force_spinning_stop: "1",
  }),
  "memory arena": { enableCpuMemArena: true },
  "a core for each thread": session({ intra_op_thread_affinities: "2" }),
  "no memory pattern": { enableMemPattern: false },
  "denormals as zero": session({ set_denormal_as_zero: "1" }),
  "gelu approximated": session({ enable_gelu_approximation: "1" }),
  "no prepacking": session({ disable_prepacking: "1" }),
  "dynamic blocks": session({ dynamic_block_base: "4" }),
  "operators in parallel": {
    executionMode: "parallel",
    ...session({ "inter_op.allow_spinning": "0" }),
  },
  "optimization: extended": { graphOptimizationLevel: "extended" },
  "optimization: basic": { graphOptimizationLevel: "basic" },
};

const { model, dtype, threads, repeats, rows, length, pause, work } = options;
const measured = [];
for (const [name, sessionOptions] of Object.entries(variants)) {
  const { embedder, run } = await loadWithSession(model, { dtype, threads, sessionOptions });
  await run(rows, length);
  measured.push({ name, embedder, run, wall: [], cpu: [] });
}
for (let repeat = 0; repeat < repeats; repeat++) {
  for (const variant of measured) {
    await delay(spinning);
    const before = cpuTime();
    const start = performance.now();
    await variant.run(rows, length);
    variant.wall.push(performance.now() - start);
    if (pause > 0) await delay(pause);
    if (work > 0) workFor(work);
    variant.cpu.push(cpuTime() - before);
  }
}
for (const { embedder } of measured) await embedder.dispose();
const [base] = measured;
const cells = ({ wall, cpu }, of) => [wall, cpu].map((times) => of(median(times)).toFixed(2));
printTable(
  `${rows} × ${length} tokens, ${dtype}, ${threads} threads: medians of ${repeats} runs, in ms`,
  [
    ["", "time", "CPU time", "shortest", "CPU time, relative"],
    ...measured.map((variant) => [
      variant.name,
      ...cells(variant, (time) => time),
      Math.min(...variant.wall).toFixed(2),
      (median(variant.cpu) / median(base.cpu)).toFixed(2),
    ]),
  ],
);

function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function workFor(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) JSON.parse(JSON.stringify(options));
}
