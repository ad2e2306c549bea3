// Bulk embedding with several processes: a queue in Redis, workers that embed, rows in Postgres.
import { availableParallelism } from "node:os";
import { Queue } from "bullmq";
import { startDatabase } from "./database.mjs";
import { readDocuments } from "./documents.mjs";
import { loadEmbedder } from "./embedder.mjs";
import { readOptions } from "./options.mjs";
import { documentsPerJob } from "./producer.mjs";
import { ProgressBar } from "./progress.mjs";
import { queueName, redisConnection, retries } from "./queue.mjs";
import { startRedis } from "./redis.mjs";
import { runRound } from "./round.mjs";
import { openStore } from "./stores/store.mjs";

const question = "Which consignment of coffee went to Lisbon?";

const options = readOptions();
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130); // The second time, at once.
    interrupt.abort(new Error(`Stopped by ${signal}.`));
  });
}

/** @type {(() => Promise<unknown>)[]} */
const stops = [];
try {
  await main();
} catch (error) {
  if (!interrupt.signal.aborted) throw error;
  console.log(`\n${interrupt.signal.reason.message}`);
  process.exitCode = 130;
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function main() {
  const embedder = await loadEmbedder();
  stops.push(() => embedder.dispose());
  const redis = await startRedis();
  stops.push(redis.stop);
  const database = await startDatabase();
  stops.push(database.stop);
  console.log(`Redis on ${new URL(redis.url).host}, Postgres on ${new URL(database.url).host}`);

  const store = await openStore(options.store, embedder, database.url);
  await store.createTable();

  const connection = redisConnection(redis.url);
  const name = queueName(options.store, embedder);
  const queue = new Queue(name, { connection, defaultJobOptions: retries });
  stops.push(() => queue.close());

  const env = { ...process.env, REDIS_URL: redis.url, DATABASE_URL: database.url };
  const rates = [];
  for (const workers of options.rounds) rates.push(await embedAll(queue, workers, env));
  console.log("\n  workers   threads of each   documents a second");
  for (const row of rates) {
    const [workers, threads, rate] = row.map((value) => value.toFixed(0));
    console.log(`  ${workers?.padStart(7)}${threads?.padStart(18)}${rate?.padStart(21)}`);
  }

  console.log(`\n${question}`);
  for (const { title, text } of await store.search(question, 2)) console.log(`  ${title}: ${text}`);
}

/**
 * @param {Queue<import("./producer.mjs").EmbedJob>} queue
 * @param {number} workers
 * @param {NodeJS.ProcessEnv} env
 */
async function embedAll(queue, workers, env) {
  const threads = Math.max(1, Math.floor(availableParallelism() / Math.max(1, workers)));
  const bar = new ProgressBar(`${workers} worker${workers === 1 ? " " : "s"}`);
  try {
    const { jobs, seconds } = await runRound(queue, readDocuments(options.documents), {
      workers,
      args: ["--store", options.store, "--threads", `${threads}`],
      env,
      signal: interrupt.signal,
      onStart: ({ pids }) => console.log(`\nWorker processes: ${pids().join(", ")}`),
      onProgress: (counts) => bar.update(counts),
      onDeath: (pid, reason) => bar.log(`Worker ${pid} died (${reason}). A new one starts.`),
    });
    return [workers, threads, (jobs * documentsPerJob) / seconds];
  } finally {
    bar.stop();
  }
}
