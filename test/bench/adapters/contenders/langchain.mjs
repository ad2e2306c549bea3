/** `@embeddinggemma/langchain`: its embeddings and its store. */
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { Document } from "@langchain/core/documents";
import { adapterContender } from "../contender.mjs";

export const { prepare, index, ask } = adapterContender(async ({ model, dtype, threads }) => {
  const embeddings = new EmbeddingGemmaEmbeddings({ model, dtype, threads });
  return {
    embedOne: (text) => embeddings.embedQuery(text),
    async index(documents) {
      const store = await FaissStore.fromDocuments(
        documents.map(
          ({ id, text, title }) =>
            new Document({ id, pageContent: text, metadata: title ? { title } : {} }),
        ),
        embeddings,
      );
      return async (question, k) =>
        (await store.similaritySearch(question, k)).map((document) => document.id);
    },
  };
});
