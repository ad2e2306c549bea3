import { defaultModel, type ModelCache } from "@embeddinggemma/core";
import type { ModelFlags } from "../model/model-options.ts";

/** Whether a model is named as on the Hub, `owner/name`. */
export function isRepositoryId(model: string | undefined): model is string {
  return model !== undefined && /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(model);
}

/** Whether the model of the flags is in the cache, or needs none. */
export function needsNoDownload({ model, url }: ModelFlags, cache: ModelCache | null): boolean {
  const id = model ?? defaultModel;
  if (url !== undefined || !isRepositoryId(id)) return true;
  const found = cache?.models.find((one) => one.id === id);
  return found?.revisions.some(({ dtypes }) => dtypes.length > 0) ?? false;
}

/**
 * The revision of a model in the cache to look at if the flags name none: that of `main`, else the
 * one that was downloaded last. A store has a commit of its own.
 */
export function cachedRevision(
  model: string,
  { revision }: ModelFlags,
  cache: ModelCache | null,
): Pick<ModelFlags, "revision"> {
  if (revision !== undefined) return {};
  const revisions = cache?.models.find((one) => one.id === model)?.revisions ?? [];
  const loadable = revisions.filter(({ dtypes }) => dtypes.length > 0);
  const isMain = loadable.some(({ references }) => references.includes("main"));
  return isMain || !loadable[0] ? {} : { revision: loadable[0].commit };
}
