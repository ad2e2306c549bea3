/** `@embeddinggemma/llamaindex`: its embedding model and its store. */
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { Document, Settings, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";
import { adapterContender } from "../contender.mjs";

export const { prepare, index, ask } = adapterContender(async ({ model, dtype, threads }) => {
  const embedModel = new EmbeddingGemmaEmbedding({ model, dtype, threads });
  Settings.embedModel = embedModel;
  return {
    embedOne: (text) => embedModel.getQueryEmbedding(text),
    async index(documents) {
      const storageContext = await storageContextFromDefaults({
        vectorStore: new FaissVectorStore(),
      });
      const index = await VectorStoreIndex.fromDocuments(
        documents.map(
          ({ id, text, title }) =>
            new Document({ id_: id, text, metadata: title ? { title } : {} }),
        ),
        { storageContext },
      );
      return async (question, k) => {
        const nodes = await index.asRetriever({ similarityTopK: k }).retrieve(question);
        return nodes.map(({ node }) => node.sourceNode.nodeId);
      };
    },
  };
});
