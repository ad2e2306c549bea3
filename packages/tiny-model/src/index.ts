import { fileURLToPath } from "node:url";

/**
 * Absolute path of the folder that holds the tiny model: what `Embedder.load`, or any other loader
 * of Transformers.js or Sentence Transformers repositories, takes as a local model.
 *
 * The vectors have 768 numbers, or 512, 256 or 128 when truncated. The model reads English, up to
 * 2,048 tokens.
 *
 * @example
 * const embedder = await Embedder.load(modelPath);
 */
export const modelPath: string = fileURLToPath(new URL("../model", import.meta.url));
