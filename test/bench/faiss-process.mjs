// Measures what it costs to run FAISS in a separate process: start time, memory, and time for each
// search compared with the addon in this process.
//
//     node test/bench/faiss-process.mjs [searches=2000]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { FaissStore } from "@embeddinggemma/faiss";

const searches = Number(process.argv[2] ?? 2000);
const dimension = 128;
const count = 100;
const k = 10;
const vectors = Array.from({ length: count }, (_, row) =>
  Float32Array.from({ length: dimension }, (_value, index) => Math.sin(row * 31 + index * index)),
);

const started = performance.now();
const store = await FaissStore.create({ engine: "faiss", scanBelow: 0, dimension });
const startMilliseconds = performance.now() - started;
const [child] = execFileSync("pgrep", ["-P", String(process.pid), "-f", "faiss-process.mjs"], {
  encoding: "utf8",
}).split("\n");
const memory = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/smaps_rollup`, "utf8"));
await store.upsert(vectors.map((vector) => ({ vector, record: null })));

const { IndexFlatIP } = createRequire(import.meta.url)("faiss-node");
const index = new IndexFlatIP(dimension);
index.add(vectors.flatMap((vector) => Array.from(vector)));

const direct = await median(async (vector) => index.search(Array.from(vector), k));
const through = await median((vector) => store.search(vector, { k }));
console.table({
  "start, ms": round(startMilliseconds),
  "memory of the process, MiB": round(Number(memory[1]) / 1024),
  "search in this process, ms": round(direct),
  "search through the store, ms": round(through),
  "difference, ms": round(through - direct),
});

async function median(search) {
  const times = [];
  for (let turn = 0; turn < searches; turn++) {
    const start = performance.now();
    await search(vectors[turn % count]);
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[searches >> 1];
}

function round(value) {
  return Number(value.toFixed(2));
}
