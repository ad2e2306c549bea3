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
