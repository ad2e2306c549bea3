// Searches a store in a worker thread, and posts the id of the best hit. Data: the built package.
import { parentPort, workerData } from "node:worker_threads";

/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(workerData);
const store = await FaissStore.create({ engine: "faiss", scanBelow: 0 });
await store.upsert([
  { id: "a", vector: [1, 0], record: 0 },
  { id: "b", vector: [0, 1], record: 0 },
]);
for (let round = 0; round < 50; round++) await store.search([0, 1], { k: 1 });
const [hit] = await store.search([0, 1], { k: 1 });
parentPort?.postMessage(hit?.id);
await store.close();
