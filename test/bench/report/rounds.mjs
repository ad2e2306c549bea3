import { freemem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Contender } from "./contender.mjs";

/** Threads of ONNX Runtime and OpenMP spin for a while after a run, and would disturb the next. */
const pause = 150;

/**
 * Starts all contenders, one after the other. One that cannot be prepared, or for which there is
 * not enough memory, is reported and left out.
 *
 * @param contenders - `{ name, module, python?, env?, options?, missing? }`; `missing` says why a
 * contender cannot be started
 * @param options - options of `prepare` for all of them
 * @param room - bytes of free memory that a contender needs
 * @returns for each of them `{ name, contender, process?, error?, prepared? }`
 */
export async function startAll(contenders, options, log = console.error, room = 0) {
  const started = [];
  for (const contender of contenders) {
    const { name, missing } = contender;
    const entry = { name, contender };
    started.push(entry);
    if (missing) {
      entry.error = missing;
    } else if (freemem() < room) {
      const free = (freemem() / 2 ** 30).toFixed(1);
      entry.error = `${free} GiB of memory are free, too little beside the others: use --only`;
    } else {
      entry.process = new Contender(contender);
      await attempt(entry, async () => {
        entry.prepared = await entry.process.request("prepare", {
          ...options,
          ...contender.options,
        });
      });
    }
    log(entry.error ? `${name}: ${entry.error}` : `${name} is ready`);
  }
  return started;
}

export async function stopAll(entries) {
  for (const { process } of entries) await process?.stop();
}

/**
 * Runs the same work with all contenders, round by round: each runs once before any runs again. So
 * whatever else the machine does hits all of them.
 *
 * The first round is a warm-up. A contender whose first run takes longer than `slow` milliseconds
 * is not run again: that run counts, since a warm-up matters little then.
 *
 * @param entries - what `startAll` returned
 * @param request - the function to ask for
 * @param options - its options
 * @returns by name: `milliseconds` of each counted run, `all` their results, the last `result`,
 * `peak` memory, `warmUp` (whether it was apart); or `error`
 */
export async function inRounds(entries, request, options, { repeats, slow = 10_000 }) {
  const runs = new Map(
    entries.map(({ name, error }) => [name, { milliseconds: [], all: [], error }]),
  );
  for (let round = 0; round <= repeats; round++) {
    for (const entry of entries) {
      const run = runs.get(entry.name);
      if (run.error || run.warmUp === false) continue;
      await delay(pause);
      try {
        const { result, milliseconds, peak } = await entry.process.request(request, options);
        run.result = result;
        run.peak = peak;
        const only = round === 0 && milliseconds > slow;
        if (round === 0) run.warmUp = !only;
        if (round === 0 && !only) continue;
        run.milliseconds.push(milliseconds);
        run.all.push(result);
      } catch (error) {
        run.error = error.message;
      }
    }
  }
  return Object.fromEntries(runs);
}

/**
 * Starts each contender several times, in turn, and asks it for one thing.
 *
 * @returns by name: milliseconds from the start of each process to its answer, or `error`
 */
export async function coldStarts(contenders, request, options, { repeats }) {
  const runs = Object.fromEntries(
    contenders.map(({ name, missing }) => [name, { milliseconds: [], error: missing }]),
  );
  for (let round = 0; round < repeats; round++) {
    for (const contender of contenders) {
      const run = runs[contender.name];
      if (run.error) continue;
      const start = performance.now();
      const process = new Contender(contender);
      try {
        await process.request(request, { ...options, ...contender.options });
        run.milliseconds.push(performance.now() - start);
      } catch (error) {
        run.error = error.message;
      }
      await process.stop();
    }
  }
  return runs;
}

async function attempt(entry, task) {
  try {
    await task();
  } catch (error) {
    entry.error = error.message;
    await entry.process.stop();
  }
}
