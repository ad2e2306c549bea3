import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";

/**
 * Connects to the embedding server in `EMBEDDINGGEMMA_URL`. Without it, loads the model in
 * `EMBEDDINGGEMMA_MODEL`, by default the tiny model.
 *
 * @param {number} [threads] - for a model that is loaded here; by default, all cores
 */
export function loadEmbedder(threads) {
  const { EMBEDDINGGEMMA_URL: url, EMBEDDINGGEMMA_MODEL: model } = process.env;
  if (url) return Embedder.connect(url);
  return Embedder.load(model || modelPath, threads ? { threads } : {});
}
