import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { modelPath } from "@embeddinggemma/tiny-model";

const texts = ["Mars is often called the Red Planet.", "Venus is hot.", "Saturn has rings."];

/** The text that is most similar to a question. */
export async function search(question) {
  const embedder = await Embedder.load(modelPath);
  const vectors = await embedder.encodeDocument(texts);
  const store = await FaissStore.create();
  await store.upsert(texts.map((text, row) => ({ id: text, vector: vectors[row], record: {} })));
  const [hit] = await store.search(await embedder.encodeQuery(question), { k: 1 });
  await embedder.dispose();
  return hit.id;
}

export { Embedder, FaissStore, modelPath };
