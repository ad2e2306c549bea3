/**
 * Measures how the process's memory (resident set) grows while inputs of difficult lengths and a
 * long stream are embedded, and how much is left after `dispose`. Each case runs in a new process,
 * with `--expose-gc`, so that JavaScript garbage does not count.
 *
 * node memory.mjs [folder of a model] [--dtype=q8] [--texts=64] [--stream=100000] [--rounds=3]
 */
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Embedder } from "@embeddinggemma/core";
import { probeOptions } from "./report/options.mjs";
import { printTable } from "./report/table.mjs";
import { textsOf } from "./texts.mjs";

const cases = {
  "all short": (count) => Array(count).fill(8),
  "all at the model's limit": (count) => Array(count).fill(3000),
  "one very long among short ones": (count) => [...Array(count - 1).fill(8), 20_000],
  "every length": (count) => Array.from({ length: count }, (_, index) => 1 + index * 8),
};

/** A stream that is twice as long must not take more memory. */
const streams = { "a stream": 1, "a stream twice as long": 2 };

const { model, dtype, texts, stream, rounds } = probeOptions({
  texts: 64,
  stream: 100_000,
  rounds: 3,
});
const caseName = process.env.MEMORY_CASE;
if (caseName) console.log(JSON.stringify(await measure(caseName)));
else compare();

function compare() {
  const rows = [
    ["input", "texts", "loaded", "peak", "after the call", "disposed", "loaded again", "disposed"],
  ];
  for (const name of [...Object.keys(cases), ...Object.keys(streams)]) {
    const script = ["--expose-gc", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    const env = { ...process.env, MEMORY_CASE: name };
    rows.push(
      JSON.parse(
        execFileSync(process.execPath, script, { env, encoding: "utf8" }).trim().split("\n").at(-1),
      ),
    );
  }
  printTable(`MiB of resident memory more than at the start of the process, ${dtype}`, rows);
}

async function measure(name) {
  const count = (streams[name] ?? 0) * stream || texts;
  const before = await memory();
  let embedder = await Embedder.load(model, { dtype });
  const loaded = await memory();
  let peak = loaded;
  const updatePeak = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const watch = setInterval(updatePeak, 5);
  if (name in streams) {
    for await (const _ of embedder.encodeDocumentStream(shortTexts(count))) updatePeak();
  } else {
    await embedder.encodeDocument(textsOf(cases[name](count)), { onProgress: updatePeak });
  }
  clearInterval(watch);
  const used = await memory();
  await embedder.dispose();
  embedder = null;
  const disposed = await memory();
  const again = [];
  for (let round = 0; round < rounds; round++) {
    const other = await Embedder.load(model, { dtype });
    await other.encodeDocument(textsOf(Array(16).fill(8)));
    again.push(await memory());
    await other.dispose();
  }
  const left = await memory();
  const growth = (bytes) => ((bytes - before) / 2 ** 20).toFixed(0);
  return [
    name,
    count,
    ...[loaded, peak, used, disposed].map(growth),
    again.map(growth).join(" "),
    growth(left),
  ];
}

async function* shortTexts(count) {
  for (let index = 0; index < count; index++) yield `text number ${index}`;
}

async function memory() {
  await delay(100);
  globalThis.gc?.();
  await delay(100);
  return process.memoryUsage.rss();
}
