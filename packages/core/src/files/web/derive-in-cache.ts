import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { DerivedBytesMethods } from "../model-folder.ts";
import type { WebCache } from "./web-cache.ts";

/**
 * Bytes that are computed from a file in a cache, and kept there for the next page load: for
 * `onnx/model.onnx` as `onnx/<name>.<digest>.v<version><extension>`. Those of an earlier content or
 * version are deleted.
 *
 * @param source - URL of the file
 * @returns the bytes, and the URL under which they are kept; null if the cache cannot be written
 */
export async function deriveInCache(
  cache: WebCache,
  source: string,
  { name, extension = ".bin", version, make, isIntact }: DerivedBytesMethods,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; url: string | null }> {
  const file = await cache.match(source);
  if (!file) return { bytes: await make(), url: null };
  const digest = (await digestWhole(await file.arrayBuffer())).slice(0, 32);
  const start = `${source.slice(0, source.lastIndexOf("/") + 1)}${encodeURIComponent(name)}.`;
  const url = `${start}${digest}.v${version}${extension}`;
  const kept = await cache.match(url);
  const found = kept && new Uint8Array(await kept.arrayBuffer());
  if (found && kept.headers.get(checksum) === (await digestWhole(found)) && isIntact(found))
    return { bytes: found, url };
  const bytes = await make();
  try {
    const headers = { [checksum]: await digestWhole(bytes) };
    await cache.put(url, new Response(bytes, { headers }));
    await deleteOthers(cache, url, start, extension);
    return { bytes, url };
  } catch {
    // The storage may be full, or not writable.
    return { bytes, url: null };
  }
}

/** The header with the digest of the bytes. */
const checksum = "x-sha256";

/** SHA-256 in hex. The browser's own is many times faster, but needs a secure context. */
async function digestWhole(data: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = globalThis.crypto ?? {};
  const hash = subtle
    ? new Uint8Array(await subtle.digest("SHA-256", data))
    : sha256(new Uint8Array(data));
  return bytesToHex(hash);
}

async function deleteOthers(
  cache: WebCache,
  url: string,
  start: string,
  extension: string,
): Promise<void> {
  const keys = (await cache.keys?.()) ?? [];
  const others = keys.filter(
    (key) =>
      key.url !== url &&
      key.url.startsWith(start) &&
      key.url.endsWith(extension) &&
      /^[0-9a-f]{32}\.v\d+$/.test(key.url.slice(start.length, -extension.length)),
  );
  for (const other of others) await cache.delete?.(other.url);
}
