/** `HuggingFaceEmbedding` of `@llamaindex/huggingface`, and LlamaIndex's own store. */
import * as llamaindex from "llamaindex";
import { adapterContender } from "../../adapters/contender.mjs";
import { indexDocuments } from "../../adapters/llamaindex-index.mjs";
import { huggingFaceEmbedding } from "../llamaindex-embedding.mjs";

const { Document, Settings, SimpleVectorStore } = llamaindex;

export const { prepare, index, ask } = adapterContender(async (options) => {
  const embedModel = huggingFaceEmbedding(options);
  Settings.embedModel = embedModel;
  return {
    embedOne: (text) => embedModel.getTextEmbedding(text),
    index(documents) {
      const whole = documents.map(({ id, whole }) => new Document({ id_: id, text: whole }));
      return indexDocuments(llamaindex, whole, new SimpleVectorStore());
    },
  };
});
