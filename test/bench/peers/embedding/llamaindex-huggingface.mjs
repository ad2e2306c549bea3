/** `HuggingFaceEmbedding` of `@llamaindex/huggingface`. */
import { HuggingFaceEmbedding } from "@llamaindex/huggingface";
import { embeddingContender } from "../../embedding/contender.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "@huggingface/transformers",
  async load({ model, dtype, threads }) {
    const embedding = new HuggingFaceEmbedding({
      modelType: model,
      modelOptions: {
        dtype,
        local_files_only: true,
        session_options: { intraOpNumThreads: threads },
      },
    });
    await embedding.getExtractor();
    const embed = (texts) => embedding.getTextEmbeddingsBatch(texts);
    return { embed, embedOne: (text) => embedding.getTextEmbedding(text), documents: embed };
  },
});
