import { importTransformers } from "../../transformers/import-transformers.ts";
import { OverflowCache, type WebCache } from "./web-cache.ts";

/**
 * The cache in which Transformers.js looks for a file before it uses the network:
 * `env.customCache`, else the browser's Cache Storage, which becomes `env.customCache` once it
 * keeps a file in memory. Without Cache Storage, as on a page without https, that has all files.
 */
export async function openTransformersCache(): Promise<WebCache> {
  const { env } = await importTransformers();
  if (env.useCustomCache && env.customCache) return env.customCache as WebCache;
  const { cacheKey = "transformers-cache" } = env as { cacheKey?: string };
  const hasStorage = env.useBrowserCache && typeof caches !== "undefined";
  return new OverflowCache(hasStorage ? await caches.open(cacheKey) : null, (cache) => {
    env.useCustomCache = true;
    env.customCache = cache;
  });
}

/** URLs of the Hub and of a repository's files on it. */
export interface HubAddress {
  readonly host: string;
  readonly folder: string;
}

/** @param endpoint - @default the host that Transformers.js uses */
export async function hubAddressOf(
  model: string,
  revision: string,
  endpoint: string | undefined,
): Promise<HubAddress> {
  const { env } = await importTransformers();
  const host = (endpoint ?? env.remoteHost).replace(/\/+$/, "");
  const path = env.remotePathTemplate
    .replaceAll("{model}", model)
    .replaceAll("{revision}", encodeURIComponent(revision));
  return { host, folder: `${host}/${path.replace(/^\/+|\/+$/g, "")}` };
}
