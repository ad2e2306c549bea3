/** `HuggingFaceTransformersEmbeddings` of `@langchain/community`, and a store beside it. */
import { Document } from "@langchain/core/documents";
import { adapterContender } from "../../adapters/contender.mjs";
import { huggingFaceEmbeddings } from "../langchain-embeddings.mjs";

const stores = {
  memory: async () => (await import("@langchain/classic/vectorstores/memory")).MemoryVectorStore,
  faiss: async () => (await import("@langchain/community/vectorstores/faiss")).FaissStore,
};

export const { prepare, index, ask } = adapterContender(async ({ store, ...options }) => {
  const embeddings = huggingFaceEmbeddings(options);
  const Store = await stores[store]();
  return {
    embedOne: (text) => embeddings.embedQuery(text),
    async index(documents) {
      const vectorStore = await Store.fromDocuments(
        documents.map(({ id, whole }) => new Document({ pageContent: whole, metadata: { id } })),
        embeddings,
      );
      return async (question, k) =>
        (await vectorStore.similaritySearch(question, k)).map(({ metadata }) => metadata.id);
    },
  };
});
