import { EmbeddingGemmaError } from "../../errors.ts";
import type { WebCache } from "./web-fetch.ts";

/**
 * The cache in which Transformers.js looks for a file before it asks the network:
 * `env.customCache`, else the browser's Cache Storage.
 *
 * @throws `LOAD_FAILED` where there is neither
 */
export async function openTransformersCache(): Promise<WebCache> {
  const { env } = await import("@huggingface/transformers");
  if (env.useCustomCache && env.customCache) return env.customCache as WebCache;
  if (env.useBrowserCache && typeof caches !== "undefined") {
    return caches.open((env as { cacheKey?: string }).cacheKey ?? "transformers-cache");
  }
  throw new EmbeddingGemmaError(
    "LOAD_FAILED",
    "There is no cache through which Transformers.js could be given the model's files. Serve the page over https or from localhost, where browsers have Cache Storage, " +
      "and leave `env.useBrowserCache` of Transformers.js on; or set `env.customCache`.",
  );
}

/** Address of a repository's files, on the host that Transformers.js is set to, or on another. */
export async function hubFolder(
  model: string,
  revision: string,
  endpoint: string | undefined,
): Promise<string> {
  const { env } = await import("@huggingface/transformers");
  const host = endpoint ?? env.remoteHost;
  const path = env.remotePathTemplate
    .replaceAll("{model}", model)
    .replaceAll("{revision}", encodeURIComponent(revision));
  return `${host.replace(/\/+$/, "")}/${path.replace(/^\/+|\/+$/g, "")}`;
}
