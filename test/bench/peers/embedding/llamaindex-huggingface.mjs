/** `HuggingFaceEmbedding` of `@llamaindex/huggingface`. */
import { embeddingContender } from "../../embedding/contender.mjs";
import { huggingFaceEmbedding } from "../llamaindex-embedding.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "@huggingface/transformers",
  async load(options) {
    const embedding = huggingFaceEmbedding(options);
    await embedding.getExtractor();
    const embed = (texts) => embedding.getTextEmbeddingsBatch(texts);
    return { embed, embedOne: (text) => embedding.getTextEmbedding(text), documents: embed };
  },
});
