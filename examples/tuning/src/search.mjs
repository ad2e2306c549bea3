import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { Document } from "@langchain/core/documents";
import { Settings, storageContextFromDefaults, TextNode, VectorStoreIndex } from "llamaindex";

/**
 * @typedef {import("@embeddinggemma/core").Embedder} Embedder
 * @typedef {ReadonlyMap<string, import("@embeddinggemma/core").DocumentInput>} Corpus
 */

/**
 * Embeds the articles once, without the adapter, and makes retrievers for both embedders over the
 * same store. The store takes the adapter's queries, because documents do not pass through it.
 *
 * @param {Corpus} corpus
 * @param {Embedder} untuned
 * @param {Embedder} tuned
 */
export async function langchainRetrievers(corpus, untuned, tuned) {
  const documents = Array.from(corpus, ([id, article]) => {
    const { title, text } = partsOf(article);
    return new Document({ id, pageContent: text, metadata: { title } });
  });
  const embeddings = new EmbeddingGemmaEmbeddings({ embedder: untuned });
  const store = await FaissStore.fromDocuments(documents, embeddings);
  const tunedStore = new FaissStore(new EmbeddingGemmaEmbeddings({ embedder: tuned }), {
    store: await store.client(),
  });
  return { untuned: store.asRetriever(10), tuned: tunedStore.asRetriever(10) };
}

/**
 * The same in LlamaIndex.
 *
 * @param {Corpus} corpus
 * @param {Embedder} untuned
 * @param {Embedder} tuned
 */
export async function llamaindexRetrievers(corpus, untuned, tuned) {
  const nodes = Array.from(corpus, ([id, article]) => {
    const { title, text } = partsOf(article);
    return new TextNode({ id_: id, text, metadata: { title } });
  });
  const embedModel = new EmbeddingGemmaEmbedding({ embedder: untuned });
  Settings.embedModel = embedModel;
  const vectorStore = new FaissVectorStore({ embedModel });
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const index = await VectorStoreIndex.init({ nodes, storageContext });

  const tunedModel = new EmbeddingGemmaEmbedding({ embedder: tuned });
  const store = await vectorStore.client();
  const tunedStore = new FaissVectorStore({ embedModel: tunedModel, store });
  Settings.embedModel = tunedModel;
  const tunedIndex = await VectorStoreIndex.fromVectorStore(tunedStore);
  const options = { similarityTopK: 10 };
  return { untuned: index.asRetriever(options), tuned: tunedIndex.asRetriever(options) };
}

/** @param {import("@embeddinggemma/core").DocumentInput} article */
function partsOf(article) {
  return typeof article === "string" ? { text: article, title: undefined } : article;
}
