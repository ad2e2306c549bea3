import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "./testing/built-package.ts";

let folder: string;
let built: Awaited<ReturnType<typeof buildPackage>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-hostile-"));
  built = await buildPackage();
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await built.remove();
});

/** Runs a program in a process of its own; it prints what it has to say as JSON at its end. */
async function run(program: string): Promise<unknown> {
  const source = `
    import { existsSync } from "node:fs";
    import { FaissStore } from ${JSON.stringify(built.entry)};
    const folder = ${JSON.stringify(folder)};
    const options = { engine: "faiss", scanBelow: 0 };
    const filled = async (more = {}, count = 300) => {
      const store = await FaissStore.create({ ...options, ...more });
      const vector = (row) => Array.from({ length: 8 }, (_, index) => Math.sin(row * 8 + index));
      await store.upsert(Array.from({ length: count }, (_, row) => ({ id: "" + row, vector: vector(row), record: row })));
      return store;
    };
    const codeOf = (promise) => promise.then((value) => value, (error) => error.code);
    const outcome = await (async () => { ${program} })();
    const alive = await filled();
    const [hit] = await alive.search(Array.from({ length: 8 }, (_, index) => Math.sin(index)), { k: 1 });
    console.log(JSON.stringify([outcome, hit.id]));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { timeout: 50_000 });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: "" });
  const [outcome, stillFound] = JSON.parse(output) as [unknown, string];
  expect(stillFound, "the process lives on and FAISS answers").toBe("0");
  return outcome;
}

describe.concurrent("what kills a process that uses faiss-node directly", {
  timeout: 60_000,
}, () => {
  it.each<[string, string, unknown]>([
    [
      "searching for 0, -1, 1.5 or more than there are",
      `const store = await filled(); const query = [1, 2, 3, 4, 5, 6, 7, 8];
       const outcomes = [];
       for (const k of [0, -1, 1.5, NaN, 2 ** 32, 2 ** 53, "3"]) outcomes.push(await codeOf(store.search(query, { k })));
       return outcomes.map((outcome) => outcome.length ?? outcome).map((x, i) => Array.isArray(outcomes[i]) ? x : outcomes[i]);`,
      [
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        300,
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
      ],
    ],
    [
      "removing from a graph",
      `const store = await filled({ index: "HNSW16,Flat" }); return [await store.delete(["1", "2"]), store.size];`,
      [2, 298],
    ],
    [
      "adding to an index that is not trained, and training with too few",
      `const store = await filled({ index: "IVF64,Flat" }, 20); await store.upsert([{ vector: [1,1,1,1,1,1,1,1], record: 0 }]);
       return [store.size, (await store.search([1,1,1,1,1,1,1,1], { k: 30 })).length];`,
      [21, 21],
    ],
    [
      "training on vectors that are all the same",
      `const store = await FaissStore.create({ ...options, index: "IVF4,PQ2x4" });
       await store.upsert(Array.from({ length: 1000 }, () => ({ vector: [1, 2, 3, 4], record: 0 })));
       return (await store.search([1, 2, 3, 4], { k: 5 })).length;`,
      5,
    ],
    [
      "writing to a folder that cannot be",
      `const store = await filled({ index: "HNSW16,Flat" }); return codeOf(store.save("/dev/null/store"));`,
      "SAVE_FAILED",
    ],
    [
      "no numbers in a vector",
      `const store = await FaissStore.create(options);
       return [await codeOf(store.upsert([{ vector: [], record: 0 }])), await codeOf(FaissStore.create({ dimension: 0 })),
         await codeOf(store.upsert([]))];`,
      ["INVALID_VECTOR", "INVALID_ARGUMENT", []],
    ],
    [
      "no dimension",
      `const store = await FaissStore.create(options); return [await codeOf(store.search([1, 2])), await store.delete("x"), store.ids()];`,
      [[], 0, []],
    ],
    [
      "using it in two threads, and beside another user of faiss-node",
      `const { Worker } = await import("node:worker_threads");
       const { createRequire } = await import("node:module");
       const inThread = () => new Promise((resolve, reject) => {
         const worker = new Worker(\`import(\${JSON.stringify(${JSON.stringify("ENTRY")})}).then(async ({ FaissStore }) => {
           const store = await FaissStore.create({ engine: "faiss", scanBelow: 0 });
           await store.upsert([{ id: "a", vector: [1, 0], record: 0 }, { id: "b", vector: [0, 1], record: 0 }]);
           for (let i = 0; i < 50; i++) await store.search([0, 1], { k: 1 });
           (await import("node:worker_threads")).parentPort.postMessage((await store.search([0, 1], { k: 1 }))[0].id);
           await store.close();
         })\`, { eval: true });
         worker.once("message", resolve); worker.once("error", reject);
       });
       const faiss = createRequire(${JSON.stringify("ENTRY")})("faiss-node");
       const own = new faiss.IndexFlatIP(2); own.add([1, 0, 0, 1]);
       const main = await filled();
       const results = await Promise.all([inThread(), inThread(), main.search([1,2,3,4,5,6,7,8], { k: 1 })]);
       return [results[0], results[1], own.search([0, 1], 1).labels];`,
      ["b", "b", [1]],
    ],
    [
      "an index of L2 read as inner product",
      `const { writeFileSync } = await import("node:fs");
       const { flat } = { flat: Buffer.alloc(45 + 16) };
       flat.write("IxF2"); flat.writeInt32LE(2, 4); flat.writeBigInt64LE(2n, 8); flat[32] = 1; flat.writeInt32LE(1, 33); flat.writeBigUInt64LE(4n, 37);
       flat.writeFloatLE(1, 45); flat.writeFloatLE(1, 57); writeFileSync(folder + "/l2.faiss", flat);
       const store = await FaissStore.import(folder + "/l2.faiss", options); return (await store.search([1, 0], { k: 2 })).map(({ score }) => score);`,
      [1, 0],
    ],
    [
      "NaN, infinities, zeros and huge numbers",
      `const store = await filled(); const outcomes = [];
       for (const value of [NaN, Infinity, -Infinity, 0, undefined, null, "1", 1n, {}, 1e300]) {
         const vector = Array.from({ length: 8 }, () => value);
         outcomes.push(await codeOf(store.upsert([{ id: "x", vector, record: 0 }])), await codeOf(store.search(vector, { k: 1 }).then(() => "found")));
       }
       return outcomes;`,
      [
        ...[
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
        ],
        ...[
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_ARGUMENT",
          "INVALID_ARGUMENT",
        ],
        ...[
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_VECTOR",
          "INVALID_ARGUMENT",
          "INVALID_ARGUMENT",
        ],
        ...[["x"], "found"],
      ],
    ],
    [
      "vectors that are something else",
      `const store = await filled(); const outcomes = [];
       for (const vector of [undefined, null, "12345678", 5, {}, new Uint8Array(8), [[1]], new Float32Array(7), { length: 8 }, () => 1])
         outcomes.push(await codeOf(store.upsert([{ vector, record: 0 }])), await codeOf(store.search(vector)));
       for (const items of [undefined, null, "x", 5, {}, [1], [null], [{}], { vectors: new Float32Array(8) }, new Map([[1, 2]]), new Float32Array(8)])
         outcomes.push(await codeOf(store.upsert(items)));
       return outcomes.every((code) => ["INVALID_ARGUMENT", "DIMENSION_MISMATCH", "INVALID_VECTOR"].includes(code)) || outcomes;`,
      true,
    ],
    [
      "factory strings that FAISS does not know or that do not fit",
      `const outcomes = [];
       for (const index of ["", "Nonsense", "IVF0,Flat", "PQ0", "PQ3", "HNSW0", "HNSW32,PQ5", "IVF99999999,Flat", "LSH", "IDMap,Flat", "Flat,Flat", 5])
         outcomes.push(await codeOf(FaissStore.create({ ...options, dimension: 8, index })));
       return outcomes.every((code) => code === "INVALID_ARGUMENT") || outcomes;`,
      true,
    ],
    [
      "records that JSON cannot hold",
      `const store = await filled(); const cyclic = {}; cyclic.self = cyclic; let deep = []; for (let i = 0; i < 1e5; i++) deep = [deep];
       const outcomes = [];
       for (const record of [undefined, () => 1, Symbol("x"), 1n, NaN, Infinity, { a: [undefined] }, new Map(), new Set(), /x/, cyclic, deep, new Float32Array(2), { toJSON() { return this; } }])
         outcomes.push(await codeOf(store.upsert([{ vector: [1,1,1,1,1,1,1,1], record }])));
       return outcomes.every((code) => code === "INVALID_RECORD") || outcomes;`,
      true,
    ],
    [
      "a filter that throws, or that is asynchronous, or none",
      `const store = await filled(); const query = [1,2,3,4,5,6,7,8];
       return [await store.search(query, { filter: () => { throw new Error("mine"); } }).catch((error) => error.message),
         await codeOf(store.search(query, { filter: async () => true })), await codeOf(store.search(query, { filter: "x" })), await codeOf(store.delete({}))];`,
      ["mine", "INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT"],
    ],
    [
      "ids that are none",
      `const store = await filled(); const outcomes = [];
       for (const id of ["", 5, null, {}]) outcomes.push(await codeOf(store.upsert([{ id, vector: [1,1,1,1,1,1,1,1], record: 0 }])));
       return [...new Set(outcomes), store.get("nowhere") ?? "none", store.has(5), await store.delete(["nowhere", "nowhere"])];`,
      ["INVALID_ARGUMENT", "none", false, 0],
    ],
    [
      "everything at once, closed in between",
      `const store = await filled(); const query = [1,2,3,4,5,6,7,8];
       const calls = [store.search(query), store.upsert([{ vector: query, record: 0 }]), store.save(folder + "/closing"), store.close(), store.search(query), store.delete("1"), store.close()];
       return (await Promise.all(calls.map(codeOf))).map((value) => Array.isArray(value) ? value.length : value ?? "done");`,
      [10, 1, "done", "done", "CLOSED", "CLOSED", "done"],
    ],
  ])("%s", async (_what, program, expected) => {
    expect(await run(program.replaceAll("ENTRY", built.entry))).toEqual(expected);
  });
});
