import { createHash } from "node:crypto";

/** @typedef {{ documents: import("./documents.mjs").SourceDocument[] }} EmbedJob */

export const documentsPerJob = 32;
const jobsPerRequest = 100;

/**
 * Splits documents into jobs and adds these to the queue. A job's id is a digest of its documents,
 * and BullMQ ignores a job whose id it has: a producer that died can start again from the top.
 *
 * @param {import("bullmq").Queue<EmbedJob>} queue
 * @param {Iterable<import("./documents.mjs").SourceDocument>} documents
 */
export async function addJobs(queue, documents) {
  for (const batches of groups(groups(documents, documentsPerJob), jobsPerRequest)) {
    await queue.addBulk(
      batches.map((documents) => ({
        name: "embed",
        data: { documents },
        opts: { jobId: `documents-${digest(documents)}` },
      })),
    );
  }
}

/**
 * @template T
 * @param {Iterable<T>} items
 * @param {number} size
 */
function* groups(items, size) {
  /** @type {T[]} */
  let group = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** @param {unknown} value */
function digest(value) {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);
}
