/**
 * The process of a contender. An adapter's default export makes an index:
 *
 * `create({ dimension, count, folder, ...options })` returns `add(rows, vectors)` and
 * `search(query, k)`. If the library offers them, it also returns `searchMany`, `filtered(query, k,
 * below)` (rows whose bucket is lower), `diverse(query, k)` (MMR), `remove(rows)`, `save(folder)`,
 * `finish()` after the last `add`, and `open(folder)` and `withEffort(effort)`, which return
 * another index.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { peakMemory } from "../report/memory.mjs";
import { batchesOf } from "./data.mjs";

let index;
let settings;
let copies = 0;
/** By kind of query: the times so far, without those of the first call, which is a warm-up. */
const allTimes = new Map();

export async function prepare(options) {
  settings = options;
  const { default: create } = await import(options.adapter);
  mkdirSync(options.folder, { recursive: true });
  index = await create(options);
  return { offers: Object.keys(index), start: memoryOfTree() };
}

/** Adds all rows. Gives up when it would take longer than `limit` seconds. */
export async function build({ file, count, limit }) {
  const { dimension } = settings;
  const began = performance.now();
  let milliseconds = 0;
  for (const { start, rows, vectors } of batchesOf(file, dimension, 0, count)) {
    const from = performance.now();
    await index.add(range(start, rows), vectors);
    milliseconds += performance.now() - from;
    const projected = (milliseconds / (start + rows)) * count;
    if (performance.now() - began > 5_000 && projected > limit * 1000)
      throw new Error(`would take ${Math.round(projected / 1000)} s to build`);
  }
  const from = performance.now();
  await index.finish?.();
  milliseconds += performance.now() - from;
  globalThis.gc?.();
  return { milliseconds, peak: memoryOfTree() };
}

/** Asks one query after another, for at most `seconds`. `times` has those of earlier calls, too. */
export async function queries(options) {
  const { times, found } = await askAll(options);
  const key = `${options.kind} ${options.below}`;
  const earlier = allTimes.get(key);
  allTimes.set(key, earlier ? [...earlier, ...times] : []);
  return { times: earlier ? allTimes.get(key) : times, found };
}

async function askAll({ vectors: received, k, seconds, kind, below }) {
  // usearch ignores where a vector starts in its buffer. Messages between processes share one.
  const vectors = received.map((vector) => vector.slice());
  const times = [];
  const found = [];
  const end = performance.now() + seconds * 1000;
  for (const vector of vectors) {
    const start = performance.now();
    found.push(await ask(vector, k, kind, below));
    times.push(performance.now() - start);
    if (performance.now() > end) break;
  }
  return { times, found };
}

function ask(vector, k, kind, below) {
  if (kind === "filtered") return index.filtered(vector, k, below);
  if (kind === "diverse") return index.diverse(vector, k);
  return index.search(vector, k);
}

/** All queries in one call. */
export async function batch({ vectors, k }) {
  const start = performance.now();
  await index.searchMany(vectors, k);
  return (performance.now() - start) / vectors.length;
}

/** Adds rows in one call, then finds one of them. */
export async function addMore({ file, from, count }) {
  const [{ vectors }] = batchesOf(file, settings.dimension, from, from + count);
  const start = performance.now();
  await index.add(range(from, count), vectors);
  await index.search(vectors.subarray(0, settings.dimension), 1);
  return performance.now() - start;
}

export async function remove({ rows, vector }) {
  const start = performance.now();
  await index.remove(rows);
  await index.search(vector, 1);
  return performance.now() - start;
}

export async function save() {
  const folder = newFolder();
  const start = performance.now();
  await index.save(folder);
  return { milliseconds: performance.now() - start, bytes: sizeOf(folder), folder };
}

/** Opens what was saved, and asks one query. */
export async function open({ folder, vector }) {
  const start = performance.now();
  const opened = await index.open(folder);
  await opened.search(vector, 1);
  const milliseconds = performance.now() - start;
  await opened.close?.();
  rmSync(folder, { recursive: true, force: true });
  return milliseconds;
}

/** Queries with more or less effort: an approximate index finds more in more time. */
export async function effort({ value, vectors, k, seconds, repeats }) {
  const usual = index;
  index = await usual.withEffort(value);
  try {
    await askAll({ vectors: vectors.slice(0, 5), k, seconds });
    const rounds = [];
    for (let round = 0; round < repeats; round++)
      rounds.push(await askAll({ vectors, k, seconds }));
    return { times: rounds.flatMap(({ times }) => times), found: rounds[0].found };
  } finally {
    if (index !== usual) await index.close?.();
    index = usual;
  }
}

function newFolder() {
  const folder = join(settings.folder, `saved-${copies++}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function range(start, count) {
  return Array.from({ length: count }, (_, offset) => start + offset);
}

/** The most memory that this process and its child processes have had, in bytes. */
function memoryOfTree() {
  let children = "";
  try {
    children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
  } catch {}
  return children
    .split(" ")
    .filter(Boolean)
    .reduce((sum, pid) => sum + peakOf(pid), peakMemory());
}

function peakOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
