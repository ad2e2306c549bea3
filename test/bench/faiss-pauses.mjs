// Measures the longest pause of the event loop while vectors are added, saved, opened and searched.
//
//     node test/bench/faiss-pauses.mjs [vectors=100000] [builtin|faiss] [searchDimension=128]
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/faiss";

const [first = "100000", engine = "builtin", third = "128"] = process.argv.slice(2);
const count = Number(first);
const dimension = 768;
const vectors = new Float32Array(count * dimension);
let state = 1;
for (let index = 0; index < vectors.length; index++) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  vectors[index] = state / 2 ** 31;
}
const ids = Array.from({ length: count }, (_, row) => `id ${row}`);
const records = ids.map((id, row) => ({
  title: id,
  text: `a passage of text number ${row}`,
  tags: ["a", "b"],
}));

const folder = await mkdtemp(join(tmpdir(), "faiss-pauses-"));
const results = {};
const options = { dimension, searchDimension: Number(third), engine };
const store = await FaissStore.create(options);
const items = ids.map((id, row) => ({
  id,
  vector: vectors.subarray(row * dimension, (row + 1) * dimension),
  record: records[row],
}));
await watched("add all at once", () => store.upsert(items));
await watched("save", () => store.save(folder));
await watched("save again after one change", async () => {
  await store.upsert([{ id: "new", vector: vectors.subarray(0, dimension), record: records[0] }]);
  await store.save(folder);
});
const reopened = await watched("open", () => FaissStore.open(folder, { engine }));
await watched("20 searches", async () => {
  for (let row = 0; row < 20; row++)
    await reopened.search(vectors.subarray(row * dimension, (row + 1) * dimension), { k: 10 });
});
await watched("20 searches with a filter that few match", async () => {
  for (let row = 0; row < 20; row++) {
    const query = vectors.subarray(row * dimension, (row + 1) * dimension);
    await reopened.search(query, { k: 10, filter: ({ title }) => title.endsWith("77") });
  }
});
await watched("delete a third, which also compacts the store", () =>
  reopened.delete(ids.filter((_id, row) => row % 3 === 0)),
);
await rm(folder, { recursive: true });
console.log(`${count} vectors of ${dimension}, searchDimension ${third}, engine ${store.engine}`);
console.table(results);

/** Measures how long the event loop takes for each turn while the task runs. */
async function watched(name, task) {
  let longest = 0;
  let last = performance.now();
  let isRunning = true;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (isRunning) setImmediate(tick);
  };
  setImmediate(tick);
  const start = performance.now();
  const result = await task();
  isRunning = false;
  longest = Math.max(longest, performance.now() - last);
  results[name] = {
    "longest pause, ms": Number(longest.toFixed(1)),
    seconds: Number(((performance.now() - start) / 1000).toFixed(2)),
  };
  return result;
}
