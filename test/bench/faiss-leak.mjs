// faiss-node never frees its copy of a query. Measures how much memory a million queries take, with
// faiss-node directly and through the store.
//
//     node test/bench/faiss-leak.mjs [queries=1000000] [dimension=128]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { FaissStore } from "@embeddinggemma/faiss";

const [first = "1000000", second = "128"] = process.argv.slice(2);
const total = Number(first);
const dimension = Number(second);
const group = 64;
const vectors = Array.from({ length: 200 }, (_, row) =>
  Float32Array.from({ length: dimension }, (_value, index) => Math.sin(row * 31 + index * index)),
);
const queries = vectors.slice(0, group);

const { IndexFlatIP } = createRequire(import.meta.url)("faiss-node");
const index = new IndexFlatIP(dimension);
index.add(vectors.flatMap((vector) => Array.from(vector)));
const flatQueries = queries.flatMap((vector) => Array.from(vector));
const direct = await growth(
  () => index.search(flatQueries, 10),
  () => megabytes(process.pid),
);

const store = await FaissStore.create({ engine: "faiss", scanBelow: 0 });
await store.upsert(vectors.map((vector, row) => ({ id: String(row), vector, record: null })));
const through = await growth(
  () => store.search(queries, { k: 10 }),
  () => megabytes(process.pid) + engineMegabytes(),
);
console.log(
  `${total} queries of ${dimension} numbers; ` +
    `the copies take ${((total * dimension * 4) / 2 ** 20).toFixed(0)} MiB`,
);
console.table({ "faiss-node directly": direct, "through the store": through });

/** Measures a hundred times, and starts after the first tenth of the queries as a warm-up. */
async function growth(search, measure) {
  const rounds = Math.ceil(total / group);
  let base = 0;
  let most = 0;
  for (let round = 0; round <= rounds; round++) {
    if (round === Math.ceil(rounds / 10)) base = most = measure();
    if (round > rounds / 10 && round % Math.ceil(rounds / 100) === 0)
      most = Math.max(most, measure());
    await search();
  }
  return {
    "start, MiB": Math.round(base),
    "peak, MiB": Math.round(most),
    "growth, MiB": Math.round(most - base),
  };
}

function engineMegabytes() {
  const children = execFileSync("ps", ["--ppid", String(process.pid), "-o", "pid="], {
    encoding: "utf8",
  });
  const pids = children.split("\n").map(Number).filter(Boolean);
  return pids.reduce((sum, pid) => sum + megabytes(pid), 0);
}

function megabytes(pid) {
  try {
    return (
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
    );
  } catch {
    return 0;
  }
}
