import { findModel } from "./find-model.ts";

/**
 * Absolute path of the folder with the tiny model. Pass it to `Embedder.load`, or to any other
 * loader of local models for Transformers.js or Sentence Transformers.
 *
 * The model embeds English texts of up to 2,048 tokens. Vectors have 768 numbers, or 512, 256 or
 * 128 if you truncate them.
 *
 * In a bundle, it is the folder of the installed package, if there is one. Otherwise the import
 * throws an Error that says so.
 *
 * @example
 * const embedder = await Embedder.load(modelPath);
 */
export const modelPath: string = findModel(import.meta.url);
