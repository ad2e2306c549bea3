/**
 * What needs Node. In a bundle for the browser `platform.browser.ts` takes the place of this file: `imports` in package.json says so for the
 * sources, and `exports` for the built package.
 */
import type { Backend } from "./backend.ts";
import type { HubOptions } from "./hub-snapshot.ts";
import type { ModelFolder } from "./model-folder.ts";
import type { TransformersBackendOptions } from "./transformers-backend.ts";

/** See `model-folder.ts`. */
export async function openModelFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  return (await import("./model-folder.ts")).openModelFolder(model, options);
}

/** See `worker-backend.ts`. */
export async function loadWorkerBackend(
  folder: string,
  options: TransformersBackendOptions,
  signal?: AbortSignal,
): Promise<Backend> {
  return (await import("./worker-backend.ts")).loadWorkerBackend(folder, options, signal);
}

/** The checksum of `LevelVectorCache`. */
export async function loadCrc32(): Promise<typeof import("node:zlib").crc32> {
  return (await import("node:zlib")).crc32;
}
