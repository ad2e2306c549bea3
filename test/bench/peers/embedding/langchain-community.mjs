/** `HuggingFaceTransformersEmbeddings` of `@langchain/community`. */
import { embeddingContender } from "../../embedding/contender.mjs";
import { huggingFaceEmbeddings } from "../langchain-embeddings.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "@huggingface/transformers",
  async load(options) {
    const embeddings = huggingFaceEmbeddings(options);
    await embeddings.embedQuery("load");
    return {
      embed: (texts) => embeddings.embedDocuments(texts),
      embedOne: (text) => embeddings.embedQuery(text),
      documents: (texts) => embeddings.embedDocuments(texts),
    };
  },
});
