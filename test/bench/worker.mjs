/**
 * Measures the longest pause of the event loop while texts are embedded, with the model in this
 * thread and in a worker.
 *
 * node worker.mjs [folder of a model] [--dtype=q8] [--texts=1000] [--words=40]
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Embedder } from "@embeddinggemma/core";
import { probeOptions } from "./report/options.mjs";
import { printTable } from "./report/table.mjs";
import { textsOf } from "./texts.mjs";

const { model, dtype, texts: count, words } = probeOptions({ texts: 1000, words: 40 });
const texts = textsOf(Array(count).fill(words));

const rows = [["the model runs in", "seconds", "longest pause, ms", "99th percentile, ms"]];
for (const worker of [false, true]) {
  const embedder = await Embedder.load(model, { dtype, worker });
  await embedder.encodeDocument(texts.slice(0, 8));
  await delay(200);
  const pauses = monitorEventLoopDelay({ resolution: 1 });
  pauses.enable();
  const start = performance.now();
  await embedder.encodeDocument(texts);
  const seconds = (performance.now() - start) / 1000;
  await delay(5);
  pauses.disable();
  const milliseconds = (nanoseconds) => (nanoseconds / 1e6).toFixed(1);
  rows.push([
    worker ? "a worker" : "this thread",
    seconds.toFixed(2),
    milliseconds(pauses.max),
    milliseconds(pauses.percentile(99)),
  ]);
  await embedder.dispose();
}
printTable(
  `Pauses of the event loop while ${count} texts of ${words} words are embedded, ${dtype}`,
  rows,
);
