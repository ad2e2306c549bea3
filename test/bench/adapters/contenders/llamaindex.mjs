/** `@embeddinggemma/llamaindex`: its embedding model and its store. */
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import * as llamaindex from "llamaindex";
import { adapterContender } from "../contender.mjs";
import { indexDocuments } from "../llamaindex-index.mjs";

const { Document, Settings } = llamaindex;

export const { prepare, index, ask } = adapterContender(async ({ model, dtype, threads }) => {
  const embedModel = new EmbeddingGemmaEmbedding({ model, dtype, threads });
  Settings.embedModel = embedModel;
  return {
    embedOne: (text) => embedModel.getQueryEmbedding(text),
    index(documents) {
      const withTitles = documents.map(
        ({ id, text, title }) => new Document({ id_: id, text, metadata: title ? { title } : {} }),
      );
      return indexDocuments(llamaindex, withTitles, new FaissVectorStore());
    },
  };
});
