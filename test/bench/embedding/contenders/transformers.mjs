/**
 * The script of EmbeddingGemma's launch post for Transformers.js: all texts in one padded batch; or
 * the same, text by text.
 */
import { AutoModel, AutoTokenizer } from "@huggingface/transformers";
import { embeddingContender } from "../contender.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "@huggingface/transformers",
  async load({ model, dtype, threads, oneByOne }) {
    const tokenizer = await AutoTokenizer.from_pretrained(model, { local_files_only: true });
    const graph = await AutoModel.from_pretrained(model, {
      dtype,
      local_files_only: true,
      session_options: { intraOpNumThreads: threads },
    });
    const embed = async (texts) => {
      const inputs = tokenizer(texts, { padding: true });
      const { sentence_embedding } = await graph(inputs);
      return sentence_embedding.tolist();
    };
    const embedOne = async (text) => (await embed([text]))[0];
    const one = async (texts) => {
      const vectors = [];
      for (const text of texts) vectors.push(await embedOne(text));
      return vectors;
    };
    const embedAll = oneByOne ? one : embed;
    return {
      embed: embedAll,
      embedOne,
      documents: (texts) => embedAll(texts.map((text) => `title: none | text: ${text}`)),
    };
  },
});
