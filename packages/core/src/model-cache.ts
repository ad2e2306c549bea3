import { openModelCache } from "#platform";
import type { CachedModel, ModelCache } from "./cached-models.ts";
import { checkOptions, type Rules, rules } from "./check.ts";
import type { HubOptions } from "./files/model-folder.ts";

/** Options of {@link scanModelCache} and {@link removeCachedModel}. */
export type ModelCacheOptions = Pick<HubOptions, "cacheDir">;

const optionRules: Rules<ModelCacheOptions> = { cacheDir: rules.text };

/**
 * Lists the models in the cache that `Embedder.load` and Python's `huggingface_hub` share, like
 * `scan_cache_dir` of the latter. Reads no file's content.
 *
 * @example
 * const { models } = await scanModelCache();
 * for (const { id, size } of models) console.log(id, size);
 *
 * @throws `CACHE_FAILED` if the folder cannot be read; `INVALID_ARGUMENT` in browsers
 */
export async function scanModelCache(options: ModelCacheOptions = {}): Promise<ModelCache> {
  checkOptions(options, optionRules);
  return (await openModelCache()).readCache(options);
}

/**
 * Deletes a model from the cache: all its revisions, and what was computed from them. Deletes
 * nothing outside of the cache.
 *
 * @example
 * const { size } = await removeCachedModel("onnx-community/embeddinggemma-300m-ONNX");
 *
 * @param id - id of the repository
 * @returns what was there
 * @throws `MODEL_NOT_FOUND` if it is not in the cache; `CACHE_FAILED` if it cannot be deleted;
 * `INVALID_ARGUMENT` if its folder is a link to another one, and in browsers
 */
export async function removeCachedModel(
  id: string,
  options: ModelCacheOptions = {},
): Promise<CachedModel> {
  checkOptions({ id }, { id: { ...rules.text, required: true } });
  checkOptions(options, optionRules);
  return (await openModelCache()).removeFromCache(id, options);
}
