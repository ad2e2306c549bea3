import { namedBy } from "../report/options.mjs";
import { installPeers, pythonFor } from "../report/peers.mjs";
import { compileHnswlib } from "./hnswlib-addon.mjs";

const here = (file) => new URL(`contenders/${file}`, import.meta.url).href;
const peer = (file) => new URL(`../peers/search/${file}`, import.meta.url).href;
const program = new URL("contender.mjs", import.meta.url);

/** As many cells as FAISS advises for so many vectors, of those that it can train with them. */
function cellsFor(count) {
  const wanted = 2 ** Math.round(Math.log2(4 * Math.sqrt(count)));
  return Math.max(4, Math.min(wanted, 2 ** Math.floor(Math.log2(count / 39))));
}

/** Ours: `memory` is what a contender takes at most, in sizes of the raw vectors. */
function ours(count) {
  const store = (name, options, more) => ({
    name,
    ours: true,
    memory: 3,
    adapter: here("store.mjs"),
    options: { store: options },
    ...more,
  });
  const cells = cellsFor(count);
  return [
    store("FaissStore, exact (default)", {}, { isExact: true, memory: 2 }),
    store("FaissStore, balanced", { preset: "balanced" }),
    store("FaissStore, small", { preset: "small" }),
    store(
      "FaissStore, Flat at 128",
      { searchDimension: 128 },
      { efforts: [2, 5, 10, 20, 40].map((oversample) => ({ oversample })) },
    ),
    store(
      "FaissStore, HNSW32 at 128",
      { searchDimension: 128, index: "HNSW32,Flat" },
      {
        efforts: [
          { oversample: 2, efSearch: 32 },
          { oversample: 3, efSearch: 64 },
          { oversample: 4, efSearch: 128 },
          { oversample: 5, efSearch: 256 },
          { oversample: 10, efSearch: 256 },
          { oversample: 10, efSearch: 512 },
        ],
      },
    ),
    store(
      `FaissStore, IVF${cells} at 128`,
      { searchDimension: 128, index: `IVF${cells},Flat` },
      {
        efforts: [1, 2, 4, 8, 16, 32].map((times) => ({
          oversample: times < 4 ? 4 : 10,
          nprobe: Math.min(cells, Math.ceil((times * cells) / 64)),
        })),
      },
    ),
    store("FaissStore, engine faiss", { engine: "faiss" }, { isExact: true }),
  ];
}

const workspace = [
  { name: "faiss-node, Flat", adapter: here("faiss-node.mjs"), isExact: true, memory: 4 },
  { name: "MemoryVectorStore", adapter: here("memory-vector-store.mjs"), isExact: true, memory: 4 },
  { name: "SimpleVectorStore", adapter: here("simple-vector-store.mjs"), isExact: true, memory: 5 },
];

const graphEfforts = [16, 32, 64, 128, 256, 512];

const javascript = [
  {
    name: "@langchain/community FaissStore",
    adapter: peer("langchain-faiss.mjs"),
    isExact: true,
    memory: 4,
  },
  {
    name: "usearch, exact",
    adapter: peer("usearch.mjs"),
    options: { exact: true },
    isExact: true,
    memory: 2,
  },
  { name: "usearch, HNSW", adapter: peer("usearch.mjs"), efforts: graphEfforts, memory: 2 },
  { name: "hnswlib-node", adapter: peer("hnswlib.mjs"), efforts: graphEfforts, memory: 2 },
  { name: "LanceDB, no index", adapter: peer("lancedb.mjs"), isExact: true, memory: 2 },
  {
    name: "LanceDB, IVF_FLAT",
    adapter: peer("lancedb.mjs"),
    options: { approximate: true },
    efforts: [2, 5, 10, 20, 40, 80],
    memory: 3,
  },
  { name: "sqlite-vec", adapter: peer("sqlite-vec.mjs"), isExact: true, memory: 2 },
];

const python = [
  { name: "Python: faiss-cpu, Flat", options: { factory: "Flat" }, isExact: true, memory: 2 },
  {
    name: "Python: faiss-cpu, HNSW32",
    options: { factory: "HNSW32,Flat" },
    efforts: graphEfforts,
    memory: 2,
  },
].map((contender) => ({ ...contender, module: new URL(peer("faiss_cpu.py")) }));

/**
 * The contenders for so many vectors, each with `missing` if it cannot be started here.
 *
 * @param short - only those that the workspace has anyway
 */
export function contendersFor(count, options, { short, log }) {
  const all = [...ours(count), ...workspace, ...(short ? [] : [...javascript, ...python])];
  const wanted = namedBy(options.only, all);
  const needs = (some) => wanted.some((contender) => some.includes(contender));
  const peersMissing = needs(javascript) ? installPeers(log) : undefined;
  const interpreter = needs(python)
    ? pythonFor(options.python, "faiss", new URL(peer("requirements.txt")), log)
    : {};
  return wanted.map((contender) => {
    if (python.includes(contender)) return { ...contender, ...interpreter };
    const { adapter, ...rest } = contender;
    const runnable = {
      ...rest,
      module: program,
      options: { ...contender.options, adapter, hasEffort: Boolean(contender.efforts) },
    };
    if (!javascript.includes(contender)) return runnable;
    if (peersMissing) return { ...runnable, missing: peersMissing };
    if (contender.name !== "hnswlib-node") return runnable;
    return { ...runnable, missing: compileHnswlib() };
  });
}
