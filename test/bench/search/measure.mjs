/** Measures a group of contenders that are in memory together and take turns. */
import { rm } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { inRounds, startAll, stopAll } from "../report/rounds.mjs";
import { mean, median, percentile } from "../report/statistics.mjs";
import { bucketOf, recallOf } from "./data.mjs";

const k = 10;
export const filters = { "0.1%": 1, "1%": 10, "10%": 100, "50%": 500 };

/**
 * Groups of contenders that fit into half of the free memory together.
 *
 * @param rawBytes - of the vectors
 */
export function groupsOf(contenders, rawBytes) {
  const room = freemem() / 2;
  const groups = [];
  let used = Number.POSITIVE_INFINITY;
  for (const contender of contenders) {
    const needed = contender.memory * rawBytes + 2 ** 27;
    if (used + needed > room) {
      groups.push([]);
      used = 0;
    }
    groups.at(-1).push(contender);
    used += needed;
  }
  return groups;
}

/** @returns what was measured, by the contenders' names */
export async function measureGroup(contenders, data, { options, folder, log }) {
  const { file, count, dimension, queries, best } = data;
  const placed = contenders.map((contender, position) => ({
    ...contender,
    options: { ...contender.options, folder: join(folder, `${count}-${position}`) },
  }));
  const entries = await startAll(placed, { dimension, count }, () => {});
  const results = Object.fromEntries(entries.map(({ name }) => [name, {}]));
  try {
    for (const entry of entries) {
      const result = results[entry.name];
      result.offers = entry.prepared?.result.offers ?? [];
      await attempt(entry, async () => {
        const { limit } = options;
        const { result: built } = await entry.process.request("build", { file, count, limit });
        result.seconds = built.milliseconds / 1000;
        result.memory = built.peak;
      });
      log(entry.error ? `${entry.name}: ${entry.error}` : `${entry.name}: ${say(result.seconds)}`);
      if (entry.error) result.error = entry.error;
    }
    const alive = entries.filter(({ error }) => !error);
    const asked = { vectors: queries, k, seconds: options.seconds };
    const runs = await inRounds(alive, "queries", asked, { repeats: options.repeats });
    for (const { name } of alive) {
      Object.assign(results[name], timesOf(runs[name]));
      const found = runs[name].result?.found;
      if (found) results[name].recall = recallOf(found, best);
    }
    await measureFilters(alive, results, data, options);
    await measureOne(alive, results, "diverse", "diverse", "queries", {
      vectors: queries.slice(0, 20),
      k: 5,
      seconds: options.seconds / 2,
      kind: "diverse",
    });
    await measureOne(alive, results, "batch", "searchMany", "batch", { vectors: queries, k });
    // Before changes: some contenders cannot delete what was added.
    await measureEfforts(alive, results, data, options);
    await measureChanges(alive, results, data);
  } finally {
    await stopAll(entries);
    for (const { options } of placed) await rm(options.folder, { recursive: true, force: true });
  }
  return results;
}

async function measureFilters(entries, results, { queries }, { seconds }) {
  for (const [name, below] of Object.entries(filters)) {
    const asked = { vectors: queries.slice(0, 20), k, seconds: seconds / 2 };
    const request = { ...asked, kind: "filtered", below };
    await measureOne(entries, results, `filter ${name}`, "filtered", "queries", request);
  }
}

/** @param offer - what the contender must offer; undefined in the result if it does not */
async function measureOne(entries, results, key, offer, method, request) {
  const offering = entries.filter(({ name }) => results[name].offers.includes(offer));
  const runs = await inRounds(offering, method, request, { repeats: 1 });
  for (const { name } of offering) {
    const { result, error } = runs[name];
    const value = error ? { error } : result.times ? median(result.times) : result;
    results[name][key] = value;
    if (result?.found && request.below) checkFilter(result.found, request.below, name);
  }
}

function checkFilter(found, below, name) {
  if (found.flat().some((row) => bucketOf(row) >= below))
    throw new Error(`${name} returned items that its filter does not match`);
}

/** Adds and deletes, saves and opens, one contender after the other. */
async function measureChanges(entries, results, { file, count, queries, more }) {
  const [vector] = queries;
  for (const entry of entries) {
    const result = results[entry.name];
    const ask = async (key, offer, method, request) => {
      if (offer && !result.offers.includes(offer)) return undefined;
      try {
        result[key] = (await entry.process.request(method, request)).result;
      } catch (error) {
        result[key] = { error: error.message };
      }
      return result[key];
    };
    await ask("add", undefined, "addMore", { file, from: count, count: more });
    const rows = Array.from({ length: more }, (_, offset) => count + offset);
    await ask("delete", "remove", "remove", { rows, vector });
    const saved = await ask("save", "save", "save", {});
    if (saved?.folder) await ask("open", "open", "open", { folder: saved.folder, vector });
  }
}

/** Approximate contenders with less and more effort: time against recall. */
async function measureEfforts(entries, results, { queries, best }, { seconds, repeats }) {
  for (const entry of entries.filter(({ contender }) => contender.efforts)) {
    const efforts = [];
    for (const value of entry.contender.efforts) {
      const request = { value, vectors: queries, k, seconds, repeats };
      try {
        const { result } = await entry.process.request("effort", request);
        const recall = recallOf(result.found, best);
        efforts.push({ value, recall, milliseconds: median(result.times) });
      } catch (error) {
        results[entry.name].effortError = error.message;
        break;
      }
    }
    results[entry.name].efforts = efforts;
  }
}

/** The least time with at least this recall; undefined if no effort finds so much. */
export function timeAtRecall(efforts, wanted) {
  const above = efforts.filter(({ recall }) => recall >= wanted);
  if (above.length === 0) return undefined;
  return Math.min(...above.map(({ milliseconds }) => milliseconds));
}

function timesOf({ result, error }) {
  if (error) return { error };
  const { times } = result;
  return { p50: percentile(times, 50), p99: percentile(times, 99), mean: mean(times) };
}

async function attempt(entry, task) {
  if (entry.error) return;
  try {
    await task();
  } catch (error) {
    entry.error = error.message;
    await entry.process.stop();
  }
}

function say(seconds) {
  return `built in ${seconds.toFixed(1)} s`;
}
