const { env, versions } = require("node:process");

/**
 * Embeds the texts of the environment variable TEXTS with the model in MODEL, puts the vectors into
 * a store, looks each one up, and prints what came out. With WORKER it also embeds them in a
 * worker, and keeps them in a cache in that folder.
 */
exports.useBoth = async ({ Embedder, LevelVectorCache }, FaissStore, transformers) => {
  const texts = JSON.parse(env.TEXTS);
  const embedder = await Embedder.load(env.MODEL, { dtype: "fp32" });
  const vectors = await embedder.encode(texts, { normalize: false });
  const store = await FaissStore.create({ dimension: embedder.dimension, engine: "faiss" });
  await store.upsert(
    vectors.map((vector, index) => ({ id: String(index), vector, record: { text: texts[index] } })),
  );
  const found = [];
  for (const vector of vectors) {
    const [hit] = await store.search(vector, { k: 1 });
    found.push({ text: hit.record.text, score: hit.score });
  }
  const inWorker = env.WORKER ? await useWorker(Embedder, LevelVectorCache, texts) : null;
  const { engine } = store;
  await store.close?.();
  await embedder.dispose();
  console.log(
    JSON.stringify({
      node: versions.node,
      transformers,
      engine,
      vectors: vectors.map((vector) => Array.from(vector)),
      inWorker: inWorker?.map((vector) => Array.from(vector)) ?? null,
      found,
    }),
  );
};

/** Vectors that came from the worker into the cache, and from there. */
async function useWorker(Embedder, LevelVectorCache, texts) {
  const cache = await LevelVectorCache.open(env.WORKER);
  const embedder = await Embedder.load(env.MODEL, { dtype: "fp32", worker: true, cache });
  await embedder.encode(texts);
  let tokens;
  const vectors = await embedder.encode(texts, {
    normalize: false,
    onProgress: (progress) => (tokens = progress.tokens),
  });
  if (tokens !== 0) throw new Error("The cache was not used.");
  await embedder.dispose();
  await cache.close();
  return vectors;
}
