/**
 * Longest pause of the event loop while texts are embedded, with the model in this thread and in a worker.
 *
 * node worker.mjs [folder of a model] [--dtype=q8] [--texts=1000] [--words=40]
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { Embedder } from "@embeddinggemma/core";
import { benchOptions, textsOf } from "./model.mjs";

const { model, dtype, texts: count, words } = benchOptions({ texts: 1000, words: 40 });
const texts = textsOf(Array(count).fill(words));

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
  console.log(
    `${worker ? "in a worker" : "in this thread"}: ${count} texts in ${seconds.toFixed(2)} s; ` +
      `event loop paused for ${milliseconds(pauses.max)} ms at most, ${milliseconds(pauses.percentile(99))} ms at the 99th percentile`,
  );
  await embedder.dispose();
}
