/** `HuggingFaceTransformersEmbeddings` of `@langchain/community`, and a store beside it. */
import { HuggingFaceTransformersEmbeddings } from "@langchain/community/embeddings/huggingface_transformers";
import { Document } from "@langchain/core/documents";
import { adapterContender } from "../../adapters/contender.mjs";

const stores = {
  memory: async () => (await import("@langchain/classic/vectorstores/memory")).MemoryVectorStore,
  faiss: async () => (await import("@langchain/community/vectorstores/faiss")).FaissStore,
};

export const { prepare, index, ask } = adapterContender(
  async ({ model, dtype, threads, store }) => {
    const embeddings = new HuggingFaceTransformersEmbeddings({
      model,
      pretrainedOptions: {
        dtype,
        local_files_only: true,
        session_options: { intraOpNumThreads: threads },
      },
    });
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
  },
);
