/** `Embedder`: all texts in one call, or each text in a call of its own, all at once. */
import { createRequire } from "node:module";
import { Embedder } from "@embeddinggemma/core";
import { embeddingContender } from "../contender.mjs";

let embedder;

export const { prepare, first, run, queries, vectors } = embeddingContender({
  from: createRequire(import.meta.url).resolve("@embeddinggemma/core"),
  through: "@huggingface/transformers",
  async load({ model, dtype, threads, callPerText, load = {} }) {
    embedder = await Embedder.load(model, { dtype, threads, ...load });
    const embedOne = (text) => embedder.encode(text, { prompt: "" });
    return {
      embed: callPerText
        ? (texts) => Promise.all(texts.map(embedOne))
        : (texts) => embedder.encode(texts, { prompt: "" }),
      embedOne,
      documents: (texts) => embedder.encodeDocument(texts),
    };
  },
});

/** Tokens of each text, without padding. */
export async function tokens({ texts }) {
  const counts = [];
  for (const text of texts) {
    counts.push(Math.min(await embedder.countTokens(text, { prompt: "" }), embedder.maxTokens));
  }
  return counts;
}
