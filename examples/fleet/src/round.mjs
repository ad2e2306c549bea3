import { setTimeout as sleep } from "node:timers/promises";
import { addJobs } from "./producer.mjs";
import { startWorkers } from "./worker-processes.mjs";

/**
 * Embeds documents with worker processes. Takes up what an earlier run left in the queue.
 *
 * @param {import("bullmq").Queue<import("./producer.mjs").EmbedJob>} queue
 * @param {Iterable<import("./documents.mjs").SourceDocument>} documents
 * @param {{
 *   workers: number,
 *   args: string[],
 *   env: NodeJS.ProcessEnv,
 *   signal?: AbortSignal,
 *   onProgress?: (counts: Counts) => void,
 *   onDeath?: (pid: number | undefined, reason: string) => void,
 *   onStart?: (workers: Awaited<ReturnType<typeof startWorkers>>) => void,
 * }} options
 * @returns {Promise<{ jobs: number, seconds: number }>}
 */
export async function runRound(queue, documents, options) {
  const { workers: count, signal, onProgress, onStart } = options;
  const workers = await startWorkers(count, options);
  try {
    onStart?.(workers);
    const before = await countJobs(queue);
    const started = performance.now();
    await queue.retryJobs(); // Those that failed in an earlier run.
    await addJobs(queue, documents);
    const { completed, failed } = await finish(queue, { signal, onProgress });
    const seconds = (performance.now() - started) / 1000;
    if (failed > 0) {
      const [job] = await queue.getFailed(0, 0);
      throw new Error(`${failed} jobs failed, one of them with: ${job?.failedReason}`);
    }
    await queue.clean(0, 0, "completed");
    return { jobs: completed - before.completed, seconds };
  } finally {
    await workers.stop();
  }
}

/** @typedef {{ total: number, completed: number, failed: number, left: number }} Counts */

/**
 * Resolves when no job is left to do, whichever machines did the work.
 *
 * @param {import("bullmq").Queue} queue
 * @param {{
 *   signal?: AbortSignal | undefined,
 *   onProgress?: ((counts: Counts) => void) | undefined,
 * }} options
 */
async function finish(queue, { signal, onProgress }) {
  for (;;) {
    const counts = await countJobs(queue);
    onProgress?.(counts);
    if (counts.left === 0) return counts;
    await sleep(100, undefined, { signal });
  }
}

/**
 * @param {import("bullmq").Queue} queue
 * @returns {Promise<Counts>}
 */
async function countJobs(queue) {
  const {
    completed = 0,
    failed = 0,
    ...unfinished
  } = await queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
  const left = Object.values(unfinished).reduce((sum, count) => sum + count, 0);
  return { total: left + completed + failed, completed, failed, left };
}
