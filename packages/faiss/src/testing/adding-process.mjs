// Opens a store, adds items and saves it. Prints the outcome and the numbers of saved items before
// and after as JSON. Arguments: the built package, the folder, the number of items, the options of
// `open` as JSON.
const [entry = "", directory = "", items = "", options = "{}"] = process.argv.slice(2);
/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(entry);

const store = await FaissStore.open(directory, JSON.parse(options));
const before = store.size;
const vectors = new Float32Array(Number(items) * 16).map((_, index) => Math.sin(index));
/** @param {number} row */
const vectorOf = (row) => vectors.subarray(row * 16, (row + 1) * 16);
await store.upsert(
  Array.from({ length: Number(items) }, (_, row) => ({
    id: `added ${row}`,
    vector: vectorOf(row),
    record: null,
  })),
);
const outcome = await store.save(directory).then(
  () => "saved",
  (error) => `${error.code} ${error.message}`,
);
const after = (await FaissStore.open(directory, JSON.parse(options))).size;
const [hit] = await store.search(vectorOf(0), { k: 1 });
console.log(JSON.stringify({ before, outcome, after, hit: hit?.id }));
