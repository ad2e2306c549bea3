const { env, versions } = require("node:process");

/**
 * Embeds the texts of the environment variable TEXTS with the model in MODEL, puts the vectors into a store, looks each one up, and
 * prints what came out.
 */
exports.useBoth = async (Embedder, FaissStore, transformers) => {
  const texts = JSON.parse(env.TEXTS);
  const embedder = await Embedder.load(env.MODEL, { dtype: "fp32" });
  const vectors = await embedder.encode(texts, { normalize: false });
  const store = await FaissStore.create({ dimension: embedder.dimension, engine: "faiss" });
  await store.upsert(vectors.map((vector, index) => ({ id: String(index), vector, record: { text: texts[index] } })));
  const found = [];
  for (const vector of vectors) {
    const [hit] = await store.search(vector, { k: 1 });
    found.push({ text: hit.record.text, score: hit.score });
  }
  const { engine } = store;
  await store.close?.();
  await embedder.dispose();
  console.log(
    JSON.stringify({
      node: versions.node,
      transformers,
      engine,
      vectors: vectors.map((vector) => Array.from(vector)),
      found,
    }),
  );
};
