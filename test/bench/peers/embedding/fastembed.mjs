/** `fastembed` with the model as its custom one. Its defaults: 512 tokens, batches of 256. */
import { relative } from "node:path";
import { EmbeddingModel, FlagEmbedding } from "fastembed";
import { embeddingContender } from "../../embedding/contender.mjs";

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: import.meta.url,
  through: "fastembed",
  async load({ model, path }) {
    const embedding = await FlagEmbedding.init({
      model: EmbeddingModel.CUSTOM,
      modelAbsoluteDirPath: model,
      modelName: relative(model, path),
    });
    const collect = async (batches) => {
      const vectors = [];
      for await (const batch of batches) vectors.push(...batch);
      return vectors;
    };
    const embed = (texts) => collect(embedding.embed(texts));
    return {
      cutsAt: 512,
      embed,
      embedOne: async (text) => (await embed([text]))[0],
      documents: (texts) => collect(embedding.passageEmbed(texts)),
    };
  },
});
