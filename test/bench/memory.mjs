/**
 * Growth of the process's memory (resident set): while inputs of awkward lengths are embedded, and what is left after `dispose`. Each case
 * runs in a process of its own; with `--expose-gc`, so that JavaScript's own garbage does not count.
 *
 * node memory.mjs [folder of a model] [--dtype=q8] [--texts=64] [--rounds=3]
 */
import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Embedder } from "@embeddinggemma/core";
import { benchOptions, textsOf } from "./model.mjs";

const cases = {
  "all short": (count) => Array(count).fill(8),
  "all at the model's limit": (count) => Array(count).fill(3000),
  "one very long among short ones": (count) => [...Array(count - 1).fill(8), 20_000],
  "every length": (count) => Array.from({ length: count }, (_, index) => 1 + index * 8),
};

const { model, dtype, texts, rounds } = benchOptions({ texts: 64, rounds: 3 });
const asked = process.env.MEMORY_CASE;
if (asked) await measure(asked);
else for (const name of Object.keys(cases)) measureApart(name);

function measureApart(name) {
  const script = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const env = { ...process.env, MEMORY_CASE: name };
  const { status } = spawnSync(process.execPath, ["--expose-gc", ...script], { stdio: "inherit", env });
  if (status !== 0) process.exitCode = 1;
}

async function measure(name) {
  const input = textsOf(cases[name](texts));
  const before = await memory();
  let embedder = await Embedder.load(model, { dtype });
  const loaded = await memory();
  let peak = loaded;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 5);
  const onProgress = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  await embedder.encodeDocument(input, { onProgress });
  clearInterval(watch);
  const used = await memory();
  await embedder.dispose();
  embedder = null;
  const disposed = await memory();
  const again = [];
  for (let round = 0; round < rounds; round++) {
    const other = await Embedder.load(model, { dtype });
    await other.encodeDocument(input.slice(0, 16));
    again.push(await memory());
    await other.dispose();
  }
  const left = await memory();
  const growth = (bytes) => `${((bytes - before) / 2 ** 20).toFixed(0)}`;
  console.log(
    `${name} (${input.length} texts), MiB over the start: loaded ${growth(loaded)}, peak ${growth(peak)}, after the call ${growth(used)}, ` +
      `disposed ${growth(disposed)}, loaded again ${again.map(growth).join(" ")}, disposed ${growth(left)}`,
  );
}

async function memory() {
  await delay(100);
  globalThis.gc?.();
  await delay(100);
  return process.memoryUsage.rss();
}
