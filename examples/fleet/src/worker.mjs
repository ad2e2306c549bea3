// One worker: takes jobs from the queue, embeds their documents and writes them to the database.
// On another machine: REDIS_URL=… DATABASE_URL=… npm run worker -- --store langchain
import { parseArgs } from "node:util";
import { Worker } from "bullmq";
import { loadEmbedder } from "./embedder.mjs";
import { readStoreName } from "./options.mjs";
import { queueName, recovery, redisConnection } from "./queue.mjs";
import { openStore } from "./stores/store.mjs";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "langchain" },
    threads: { type: "string" },
  },
});
const storeName = readStoreName(values.store);
const databaseUrl = process.env.DATABASE_URL;
if (!databaseUrl) throw new Error("Set DATABASE_URL, such as postgres://user:password@host/name.");

const embedder = await loadEmbedder(Number(values.threads));
const store = await openStore(storeName, embedder, databaseUrl);

/** @type {Worker<import("./producer.mjs").EmbedJob>} */
const worker = new Worker(
  queueName(storeName, embedder),
  async ({ data: { documents } }) => {
    const vectors = await embedder.encodeDocument(
      documents.map(({ title, text }) => ({ title, text })),
    );
    await store.upsert(documents, vectors);
  },
  // Two jobs at a time: one is embedded while the other is written.
  { ...recovery, connection: redisConnection(), concurrency: 2 },
);
worker.on("error", (error) => console.error(`Worker ${process.pid}: ${error.message}`));
await worker.waitUntilReady();

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
process.once("disconnect", stop); // Whoever started this process is gone.
process.send?.("ready");
if (!process.send) console.log(`Worker ${process.pid} takes jobs from ${worker.name}.`);

/** Finishes the jobs that are in hand, and takes no more. */
async function stop() {
  await worker.close();
  await embedder.dispose();
  if (process.connected) process.disconnect();
}
