import { openModelCache } from "#platform";
import { checkOptions, type Rules, rules } from "./check.ts";
import type { CachedFile, FoundModel } from "./files/hub/cached-models.ts";
import type { HubOptions } from "./files/model-folder.ts";
import type { Dtype } from "./runtime/dtype.ts";
import { namedGraphFile, standardFolder } from "./runtime/graph-file.ts";

/** The cache of models, which Python's `huggingface_hub` shares. */
export interface ModelCache {
  /** Its folder. It may not exist. */
  readonly path: string;
  /** Bytes on disk of all models. */
  readonly size: number;
  /** The one that was used last is the first. */
  readonly models: readonly CachedModel[];
}

/** A repository of the Hub in the cache. */
export interface CachedModel {
  /** Such as `onnx-community/embeddinggemma-300m-ONNX`. */
  readonly id: string;
  /** Its folder in the cache. */
  readonly path: string;
  /** Bytes on disk, which is what its removal frees. A file of several revisions counts once. */
  readonly size: number;
  /** Bytes of {@link CachedModel.size} that were computed from its files and can be again. */
  readonly computedSize: number;
  /** Parts of files whose download did not finish. They are in {@link CachedModel.size}. */
  readonly unfinished: readonly CachedFile[];
  /** When a file was last read or written, as exactly as the file system keeps it. */
  readonly lastUsed: Date | null;
  /** The one that was downloaded last is the first. */
  readonly revisions: readonly CachedRevision[];
}

/** A commit of a repository in the cache. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that were this commit when they were last looked up. */
  readonly references: readonly string[];
  /** Folder of its files. */
  readonly path: string;
  readonly files: readonly CachedFile[];
  /** Which ONNX files of the folder `onnx` are there, by the option `dtype` that loads them. */
  readonly dtypes: readonly Dtype[];
}

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
  const { models, ...cache } = await (await openModelCache()).readCache(options);
  return { ...cache, models: models.map(withDtypes) };
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
  return withDtypes(await (await openModelCache()).removeFromCache(id, options));
}

function withDtypes({ revisions, ...model }: FoundModel): CachedModel {
  return {
    ...model,
    revisions: revisions.map((revision) => ({ ...revision, dtypes: dtypesOf(revision.files) })),
  };
}

function dtypesOf(files: readonly CachedFile[]): Dtype[] {
  const graphs = files.flatMap(({ name, size }) => {
    const isGraph =
      size !== null && name.startsWith(`${standardFolder}/`) && name.endsWith(".onnx");
    return isGraph ? (namedGraphFile({ modelFile: name }) ?? []) : [];
  });
  return [...new Set(graphs.map(({ dtype }) => dtype))];
}
