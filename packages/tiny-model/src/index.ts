import { fileURLToPath } from "node:url";

/**
 * Absolute path of the folder with the tiny model. Pass it to `Embedder.load`, or to any other
 * loader of local models for Transformers.js or Sentence Transformers.
 *
 * The model embeds English texts of up to 2,048 tokens. Vectors have 768 numbers, or 512, 256 or
 * 128 if you truncate them.
 *
 * @example
 * const embedder = await Embedder.load(modelPath);
 */
export const modelPath: string = fileURLToPath(new URL("../model", import.meta.url));
