// Exports a new store to a folder for LangChain for Python, and prints the outcome. Arguments: the
// built package, the folder, the number of items.
const [entry = "", directory = "", items = ""] = process.argv.slice(2);
/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(entry);

const store = await FaissStore.create({ dimension: 4096, engine: "builtin" });
const ids = Array.from({ length: Number(items) }, (_, row) => `item ${row}`);
const vector = new Float32Array(4096).fill(1);
await store.upsert(ids.map((id) => ({ id, vector, record: { pageContent: id, metadata: {} } })));
const outcome = await store.exportLangChainPython(directory).then(
  () => "exported",
  (error) => `${error.code}${error.message}`,
);
console.log(outcome);
