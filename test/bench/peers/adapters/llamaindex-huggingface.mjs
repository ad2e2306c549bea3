/** `HuggingFaceEmbedding` of `@llamaindex/huggingface`, and LlamaIndex's own store. */
import { HuggingFaceEmbedding } from "@llamaindex/huggingface";
import {
  Document,
  Settings,
  SimpleVectorStore,
  storageContextFromDefaults,
  VectorStoreIndex,
} from "llamaindex";
import { adapterContender } from "../../adapters/contender.mjs";

export const { prepare, index, ask } = adapterContender(async ({ model, dtype, threads }) => {
  const embedModel = new HuggingFaceEmbedding({
    modelType: model,
    modelOptions: {
      dtype,
      local_files_only: true,
      session_options: { intraOpNumThreads: threads },
    },
  });
  Settings.embedModel = embedModel;
  return {
    embedOne: (text) => embedModel.getTextEmbedding(text),
    async index(documents) {
      const storageContext = await storageContextFromDefaults({
        vectorStore: new SimpleVectorStore(),
      });
      const index = await VectorStoreIndex.fromDocuments(
        documents.map(({ id, whole }) => new Document({ id_: id, text: whole })),
        { storageContext },
      );
      return async (question, k) => {
        const nodes = await index.asRetriever({ similarityTopK: k }).retrieve(question);
        return nodes.map(({ node }) => node.sourceNode.nodeId);
      };
    },
  };
});
