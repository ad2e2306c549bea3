/** `HuggingFaceTransformersEmbeddings` of `@langchain/community`. */
import { HuggingFaceTransformersEmbeddings } from "@langchain/community/embeddings/huggingface_transformers";
import { embeddingContender } from "../../embedding/contender.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "@huggingface/transformers",
  async load({ model, dtype, threads }) {
    const embeddings = new HuggingFaceTransformersEmbeddings({
      model,
      pretrainedOptions: {
        dtype,
        local_files_only: true,
        session_options: { intraOpNumThreads: threads },
      },
    });
    await embeddings.embedQuery("load");
    return {
      embed: (texts) => embeddings.embedDocuments(texts),
      embedOne: (text) => embeddings.embedQuery(text),
      documents: (texts) => embeddings.embedDocuments(texts),
    };
  },
});
