import { createHash } from "node:crypto";

/**
 * A queue for each model and store: a worker with another model never takes these jobs, so vectors
 * of two models are never mixed.
 *
 * @param {import("./options.mjs").StoreName} store
 * @param {import("@embeddinggemma/core").Embedder} embedder
 */
export function queueName(store, embedder) {
  const model = createHash("sha256").update(embedder.identity).digest("hex").slice(0, 16);
  return `fleet-${store}-${model}`;
}

/**
 * How BullMQ connects: it opens what it needs, and closes it with the queue or the worker.
 *
 * @param {string} [url]
 */
export function redisConnection(url = process.env.REDIS_URL) {
  if (!url) throw new Error("Set REDIS_URL, such as redis://127.0.0.1:6379.");
  return { url, maxRetriesPerRequest: null }; // Workers wait while Redis is away.
}

/**
 * How jobs of dead workers come back. A worker renews the lock on its jobs for as long as it lives.
 * When the lock of a job runs out, any other worker puts the job back into the queue.
 */
export const recovery = {
  lockDuration: 5_000,
  stalledInterval: 2_000,
  /** A job whose workers died this often fails: its documents may be what kills them. */
  maxStalledCount: 5,
};

/** How jobs that throw are tried again, for example while the database is away. */
export const retries = {
  attempts: 5,
  backoff: { type: "exponential", delay: 500 },
};
