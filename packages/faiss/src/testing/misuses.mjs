// Programs that use a store in ways that crash a process if it calls faiss-node directly, and in
// other wrong ways. Each returns its outcome as JSON.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/**
 * @typedef {typeof import("../index.ts").FaissStore} FaissStoreClass
 * @typedef {object} Context
 * @property {FaissStoreClass} FaissStore - of the built package
 * @property {string} entry - path of the built package
 * @property {string} folder - for temporary files
 */

const options = /** @type {const} */ ({ engine: "faiss", scanBelow: 0 });
const query = [1, 2, 3, 4, 5, 6, 7, 8];
const ones = Array.from({ length: 8 }, () => 1);

/** @param {number} row */
export const vectorOf = (row) => Array.from({ length: 8 }, (_, index) => Math.sin(row * 8 + index));

/**
 * @param {FaissStoreClass} FaissStore
 * @param {import("../index.ts").FaissStoreOptions} [more]
 */
export async function filledStore(FaissStore, more = {}, count = 300) {
  const store = await FaissStore.create({ ...options, ...more });
  const rows = Array.from({ length: count }, (_, row) => row);
  await store.upsert(rows.map((row) => ({ id: `${row}`, vector: vectorOf(row), record: row })));
  return store;
}

/**
 * The result of a call, or the code of its error.
 *
 * @template T
 * @param {Promise<T>} call
 * @returns {Promise<T | string>}
 */
const outcomeOf = (call) => call.catch((error) => error.code);

/**
 * Hides a wrong type from the type checker.
 *
 * @param {unknown} value
 * @returns {any}
 */
const wrong = (value) => value;

/** The different outcomes, each once. @param {unknown[]} outcomes */
const distinct = (outcomes) => [...new Set(outcomes)].sort();

/** @satisfies {Record<string, (context: Context) => Promise<unknown>>} */
export const misuses = {
  async invalidK({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const outcomes = [];
    for (const k of [0, -1, 1.5, Number.NaN, 2 ** 32, 2 ** 53, wrong("3")]) {
      const hits = await outcomeOf(store.search(query, { k }));
      outcomes.push(typeof hits === "string" ? hits : hits.length);
    }
    return outcomes;
  },

  async deleteFromGraph({ FaissStore }) {
    const store = await filledStore(FaissStore, { index: "HNSW16,Flat" });
    return [await store.delete(["1", "2"]), store.size];
  },

  async tooFewForTraining({ FaissStore }) {
    const store = await filledStore(FaissStore, { index: "IVF64,Flat" }, 20);
    await store.upsert([{ vector: ones, record: 0 }]);
    return [store.size, (await store.search(ones, { k: 30 })).length];
  },

  async trainingOnEqualVectors({ FaissStore }) {
    const store = await FaissStore.create({ ...options, index: "IVF4,PQ2x4" });
    const vector = [1, 2, 3, 4];
    await store.upsert(Array.from({ length: 1000 }, () => ({ vector, record: 0 })));
    return (await store.search(vector, { k: 5 })).length;
  },

  async impossibleFolder({ FaissStore }) {
    const store = await filledStore(FaissStore, { index: "HNSW16,Flat" });
    return outcomeOf(store.save("/dev/null/store"));
  },

  async emptyVector({ FaissStore }) {
    const store = await FaissStore.create(options);
    return [
      await outcomeOf(store.upsert([{ vector: [], record: 0 }])),
      await outcomeOf(FaissStore.create({ dimension: 0 })),
      await outcomeOf(store.upsert([])),
    ];
  },

  async unknownDimension({ FaissStore }) {
    const store = await FaissStore.create(options);
    return [await outcomeOf(store.search([1, 2])), await store.delete("x"), store.ids()];
  },

  async threads({ FaissStore, entry }) {
    const program = new URL("./searching-thread.mjs", import.meta.url);
    const searchInThread = () =>
      new Promise((resolve, reject) => {
        const thread = new Worker(program, { workerData: entry });
        thread.once("message", resolve);
        thread.once("error", reject);
      });
    const faiss = createRequire(entry)("faiss-node");
    const index = new faiss.IndexFlatIP(2);
    index.add([1, 0, 0, 1]);
    const store = await filledStore(FaissStore);
    const [one, other] = await Promise.all([
      searchInThread(),
      searchInThread(),
      store.search(query, { k: 1 }),
    ]);
    return [one, other, index.search([0, 1], 1).labels];
  },

  async importOfL2({ FaissStore, folder }) {
    const flat = Buffer.alloc(45 + 16);
    flat.write("IxF2");
    flat.writeInt32LE(2, 4);
    flat.writeBigInt64LE(2n, 8);
    flat.writeUInt8(1, 32);
    flat.writeInt32LE(1, 33);
    flat.writeBigUInt64LE(4n, 37);
    flat.writeFloatLE(1, 45);
    flat.writeFloatLE(1, 57);
    const path = join(folder, "l2.faiss");
    writeFileSync(path, flat);
    const store = await FaissStore.import(path, options);
    return (await store.search([1, 0], { k: 2 })).map(({ score }) => score);
  },

  async extremeNumbers({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const { NaN: notANumber, POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;
    const numbers = [notANumber, POSITIVE_INFINITY, NEGATIVE_INFINITY, 0, 1e300];
    const outcomes = [];
    for (const value of [...numbers, undefined, null, "1", 1n, {}]) {
      const vector = Array.from({ length: 8 }, () => wrong(value));
      outcomes.push([
        await outcomeOf(store.upsert([{ id: "x", vector, record: 0 }])),
        await outcomeOf(store.search(vector, { k: 1 }).then(() => "found")),
      ]);
    }
    return outcomes;
  },

  async otherTypesOfVectors({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const outcomes = [];
    const nothing = [undefined, null];
    const arrays = [new Uint8Array(8), [[1]], new Float32Array(7)];
    const vectors = [...nothing, ...arrays, "12345678", 5, {}, { length: 8 }, () => 1];
    for (const vector of vectors) {
      outcomes.push(await outcomeOf(store.upsert([{ vector: wrong(vector), record: 0 }])));
      outcomes.push(await outcomeOf(store.search(wrong(vector))));
    }
    const lists = [[1], [null], [{}], new Map([[1, 2]]), new Float32Array(8)];
    const columns = { vectors: new Float32Array(8) };
    for (const items of [...nothing, ...lists, "x", 5, {}, columns])
      outcomes.push(await outcomeOf(store.upsert(wrong(items))));
    return distinct(outcomes);
  },

  async unknownFactories({ FaissStore }) {
    const outcomes = [];
    const unknown = ["", "Nonsense", "LSH", "IDMap,Flat", "Flat,Flat", wrong(5)];
    const unfit = ["IVF0,Flat", "IVF99999999,Flat", "PQ0", "PQ3", "HNSW0", "HNSW32,PQ5"];
    for (const index of [...unknown, ...unfit])
      outcomes.push(await outcomeOf(FaissStore.create({ ...options, dimension: 8, index })));
    return distinct(outcomes);
  },

  async recordsThatAreNotJson({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const cyclic = { self: {} };
    cyclic.self = cyclic;
    /** @type {unknown[]} */
    let deep = [];
    for (let depth = 0; depth < 1e5; depth++) deep = [deep];
    const endless = {
      /** @returns {unknown} */
      toJSON() {
        return this;
      },
    };
    const primitives = [undefined, Symbol("x"), 1n, Number.NaN, Number.POSITIVE_INFINITY];
    const objects = [() => 1, new Map(), new Set(), /x/, new Float32Array(2)];
    const outcomes = [];
    for (const record of [...primitives, ...objects, { a: [undefined] }, cyclic, deep, endless])
      outcomes.push(await outcomeOf(store.upsert([{ vector: ones, record: wrong(record) }])));
    return distinct(outcomes);
  },

  async badFilters({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const throwing = () => {
      throw new Error("mine");
    };
    return [
      await store.search(query, { filter: throwing }).catch((error) => error.message),
      await outcomeOf(store.search(query, { filter: wrong(async () => true) })),
      await outcomeOf(store.search(query, { filter: wrong("x") })),
      await outcomeOf(store.delete(wrong({}))),
    ];
  },

  async badIds({ FaissStore }) {
    const store = await filledStore(FaissStore);
    const outcomes = [];
    for (const id of ["", 5, false, {}])
      outcomes.push(await outcomeOf(store.upsert([{ id: wrong(id), vector: ones, record: 0 }])));
    return [
      ...distinct(outcomes),
      store.get("nowhere") ?? "nothing",
      store.has(wrong(5)),
      await store.delete(["nowhere", "nowhere"]),
    ];
  },

  async closeBetweenCalls({ FaissStore, folder }) {
    const store = await filledStore(FaissStore);
    /** @type {Promise<unknown>[]} */
    const calls = [
      store.search(query),
      store.upsert([{ vector: query, record: 0 }]),
      store.save(join(folder, "closing")),
      store.close(),
      store.search(query),
      store.delete("1"),
      store.close(),
    ];
    const outcomes = await Promise.all(calls.map(outcomeOf));
    return outcomes.map((value) => (Array.isArray(value) ? value.length : (value ?? "done")));
  },
};
