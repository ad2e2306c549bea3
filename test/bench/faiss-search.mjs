// Measures time, memory and recall of each kind of store, compared with faiss-node used directly.
// Searches random vectors in clusters.
//
//     node test/bench/faiss-search.mjs [vectors=100000] [queries=30]
//
// Every candidate runs in a new process with the same vectors. Times are medians, and ratios are
// relative to faiss-node's flat index in the same run. Memory is that of the process and its
// children, less that of a process that only makes the vectors.
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { FaissStore } from "@embeddinggemma/faiss";

const dimension = 768;
const k = 10;
const baselineName = "no store";
const candidates = {
  [baselineName]: { make: dropVectors },
  "faiss-node Flat": { make: fillFaissNode },
  "preset exact": store({ preset: "exact" }),
  "preset balanced": store({ preset: "balanced" }),
  "preset small": store({ preset: "small" }),
  "Flat, searchDimension 128": store({ searchDimension: 128 }),
  "Flat, searchDimension 128, int8": store({ searchDimension: 128, precision: "int8" }),
  "SQ8, searchDimension 128": store({ searchDimension: 128, index: "SQ8" }),
  "HNSW32,Flat, searchDimension 128": store({ searchDimension: 128, index: "HNSW32,Flat" }),
  "IVF256,Flat, searchDimension 128": store({ searchDimension: 128, index: "IVF256,Flat" }),
  "engine builtin": store({ engine: "builtin" }),
  "engine builtin, searchDimension 128": store({ engine: "builtin", searchDimension: 128 }),
};

const [first = "100000", second = "30", name] = process.argv.slice(2);
const count = Number(first);
const queryCount = Number(second);
if (name === undefined) compareAll();
else await measure(name);

function compareAll() {
  const results = Object.keys(candidates).map((candidate) => {
    const script = fileURLToPath(import.meta.url);
    const arguments_ = ["--expose-gc", script, first, second, candidate];
    const { stdout, stderr, status } = spawnSync(process.execPath, arguments_, {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (status !== 0) throw new Error(`${candidate}: ${stderr}`);
    return JSON.parse(stdout);
  });
  const [baseline, reference] = results;
  const rawMegabytes = (count * dimension * 4) / 2 ** 20;
  console.log(
    `${count} vectors of ${dimension}, k = ${k}; raw vectors ${rawMegabytes.toFixed(0)} MiB`,
  );
  console.table(
    Object.fromEntries(
      results.slice(1).map(({ candidate, milliseconds, megabytes, addSeconds, top }) => [
        candidate,
        {
          "ms/query": Number(milliseconds.toFixed(2)),
          "relative to faiss-node": Number((milliseconds / reference.milliseconds).toFixed(3)),
          "recall@10": recall(top, reference.top),
          "add s": Number(addSeconds.toFixed(1)),
          "memory/raw": Number(((megabytes - baseline.megabytes) / rawMegabytes).toFixed(2)),
        },
      ]),
    ),
  );
}

async function measure(candidate) {
  const random = mulberry(1);
  const centres = Array.from({ length: 300 }, () => gaussianVector(random));
  const start = performance.now();
  const search = await candidates[candidate].make(centres, random);
  const addSeconds = (performance.now() - start) / 1000;
  const queryRandom = mulberry(2);
  const queries = Array.from({ length: queryCount }, (_, row) =>
    nearCentre(centres[row % centres.length], queryRandom),
  );
  const top = [];
  const times = [];
  await search(queries[0]);
  for (const query of queries) {
    const started = performance.now();
    top.push(await search(query));
    times.push(performance.now() - started);
  }
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const megabytes = memoryMegabytes();
  const milliseconds = times.sort((one, other) => one - other)[times.length >> 1];
  console.log(JSON.stringify({ candidate, milliseconds, megabytes, addSeconds, top }));
  process.exit();
}

function store(options) {
  return {
    async make(centres, random) {
      const store = await FaissStore.create({ dimension, ...options });
      for (const { vectors, ids } of batches(centres, random)) {
        const vectorOf = (row) => vectors.subarray(row * dimension, (row + 1) * dimension);
        await store.upsert(ids.map((id, row) => ({ id, vector: vectorOf(row), record: null })));
      }
      return async (query) => (await store.search(query, { k })).map(({ id }) => Number(id));
    },
  };
}

function dropVectors(centres, random) {
  for (const _ of batches(centres, random));
  return async () => [];
}

/** Adds vectors in batches, as an embedder returns them. */
function* batches(centres, random) {
  const batch = 256;
  for (let start = 0; start < count; start += batch) {
    const rows = Math.min(batch, count - start);
    const vectors = new Float32Array(rows * dimension);
    for (let row = 0; row < rows; row++) {
      writeNearCentre(
        centres[(start + row) % 300],
        random,
        vectors.subarray(row * dimension, (row + 1) * dimension),
      );
    }
    yield { vectors, ids: Array.from({ length: rows }, (_, row) => String(start + row)) };
  }
}

function fillFaissNode(centres, random) {
  const { IndexFlatIP } = createRequire(import.meta.url)("faiss-node");
  const index = new IndexFlatIP(dimension);
  for (const { vectors, ids } of batches(centres, random)) {
    for (let row = 0; row < ids.length; row++) {
      index.add(Array.from(vectors.subarray(row * dimension, (row + 1) * dimension)));
    }
  }
  return async (query) => index.search(Array.from(query), k).labels;
}

/** Proportional set size (PSS) of this process and its children. */
function memoryMegabytes() {
  const children = execFileSync("ps", ["--ppid", String(process.pid), "-o", "pid="], {
    encoding: "utf8",
  }).split("\n");
  let kibibytes = 0;
  for (const pid of [process.pid, ...children.map(Number).filter(Boolean)]) {
    const { stdout } = spawnSync("grep", ["-m1", "^Pss:", `/proc/${pid}/smaps_rollup`], {
      encoding: "utf8",
    });
    kibibytes += Number(/\d+/.exec(stdout)?.[0] ?? 0);
  }
  return kibibytes / 1024;
}

function recall(top, reference) {
  const found = top.map(
    (rows, query) => rows.filter((row) => reference[query].includes(row)).length,
  );
  return Number((found.reduce((sum, value) => sum + value, 0) / (top.length * k)).toFixed(3));
}

/** The variance decreases along the vector, as in a Matryoshka embedding. */
function gaussianVector(random) {
  return Float32Array.from(
    { length: dimension },
    (_, index) => gaussian(random) / Math.sqrt(1 + index / 32),
  );
}

function nearCentre(centre, random) {
  const vector = new Float32Array(dimension);
  writeNearCentre(centre, random, vector);
  return vector;
}

/** Writes in place, because temporary vectors would count as memory of the store. */
function writeNearCentre(centre, random, target) {
  let squares = 0;
  for (let index = 0; index < dimension; index++) {
    target[index] = centre[index] + (0.7 * gaussian(random)) / Math.sqrt(1 + index / 32);
    squares += target[index] ** 2;
  }
  const norm = Math.sqrt(squares);
  for (let index = 0; index < dimension; index++) target[index] /= norm;
}

function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function mulberry(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
