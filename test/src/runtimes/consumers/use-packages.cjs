const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const process = require("node:process");

/**
 * Embeds the texts of the environment variable TEXTS with the model in MODEL, here and in a worker,
 * searches them in a store, saves that in FOLDER, and prints what came out as JSON.
 *
 * The worker and the store stay open: neither may keep the program from ending.
 */
exports.usePackages = async (core, faiss, transformers) => {
  const { MODEL, TEXTS, FOLDER } = process.env;
  const texts = JSON.parse(TEXTS);
  const embedder = await core.Embedder.load(MODEL, { dtype: "fp32" });
  const vectors = await embedder.encode(texts, { normalize: false });
  const served = await useServer(embedder, texts);
  const inWorker = await useWorker(core, MODEL, texts, join(FOLDER, "cache"));
  const stores = await useStore(faiss, embedder.dimension, vectors, join(FOLDER, "store"));
  await embedder.dispose();
  const { bun, deno, node } = process.versions;
  const result = {
    runtime: bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`,
    transformers,
    vectors: vectors.map((vector) => Array.from(vector)),
    served,
    inWorker: inWorker.vectors.map((vector) => Array.from(vector)),
    tokensFromModel: inWorker.tokensFromModel,
    stores,
    disposed: await errorOf(embedder.encode(texts), core.EmbeddingGemmaError),
    withFaiss: await errorOf(faiss.FaissStore.create({ engine: "faiss" }), faiss.FaissStoreError),
  };
  console.log(JSON.stringify(result));
};

/**
 * Vectors that the app of the server answers with, and null for texts that are empty, which it
 * refuses; null if the server is not installed.
 */
async function useServer(embedder, texts) {
  const server = installed("@embeddinggemma/server");
  if (!server) return null;
  const app = server.createApp(embedder, { maxClientBatchSize: texts.length });
  const inputs = texts.filter((text) => text !== "");
  const request = new Request("http://localhost/embed", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ inputs, normalize: false }),
  });
  const response = await app.fetch(request);
  const vectors = await response.json();
  return texts.map((text) => (text === "" ? null : vectors.shift()));
}

/** Vectors from a worker; the second time from a cache if `classic-level` is installed. */
async function useWorker({ Embedder, LevelVectorCache }, model, texts, folder) {
  const options = { dtype: "fp32", worker: true };
  const database = levelDatabase(folder);
  if (database) options.cache = new LevelVectorCache(database);
  const embedder = await Embedder.load(model, options);
  await embedder.encode(texts);
  let tokensFromModel;
  const vectors = await embedder.encode(texts, {
    normalize: false,
    onProgress: ({ tokens }) => {
      tokensFromModel = tokens;
    },
  });
  return { vectors, tokensFromModel };
}

function levelDatabase(folder) {
  const classicLevel = installed("classic-level");
  return classicLevel && new classicLevel.ClassicLevel(folder);
}

/** A package, or null if it is not installed. */
function installed(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}

/** What a store finds for each vector: when new, when opened again, and without its process. */
async function useStore({ FaissStore }, dimension, vectors, folder) {
  const store = await FaissStore.create({ dimension, index: "HNSW32,Flat", scanBelow: 0 });
  await store.upsert(vectors.map((vector, row) => ({ id: String(row), vector, record: { row } })));
  await store.save(folder);
  const opened = await FaissStore.open(folder, { scanBelow: 0 });
  const { engine } = opened;
  const created = await search(store, vectors);
  const fromDisk = await search(opened, vectors);
  const killed = engineProcesses();
  for (const pid of killed) process.kill(pid, "SIGKILL");
  const afterKill = await search(opened, vectors);
  return { engine, created, opened: fromDisk, killed: killed.length, afterKill };
}

async function search(store, vectors) {
  const results = [];
  for (const vector of vectors) {
    const hits = await store.search(vector, { k: 3 });
    results.push(hits.map(({ record, score }) => ({ row: record.row, score })));
  }
  return results;
}

/** Ids of the FAISS processes that this process has started. */
function engineProcesses() {
  return readdirSync("/proc/self/task")
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" "))
    .filter((pid) => pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("faiss-process"))
    .map(Number);
}

/** The error of a promise, or null if it resolves. */
function errorOf(promise, ErrorClass) {
  return promise.then(
    () => null,
    (error) => ({
      typed: ErrorClass.isInstance(error),
      code: error.code,
      message: error.message,
    }),
  );
}
