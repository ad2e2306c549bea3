/**
 * What needs Node. In a bundle for browsers, `browser.ts` replaces this file: through `imports` in
 * package.json for the sources, and through `exports` for the built package.
 */
import type { HubOptions, ModelFolder } from "../files/model-folder.ts";
import type { Backend } from "../runtime/backend.ts";
import type { GraphFile, KeptGraph } from "../runtime/graph-file.ts";
import type { TokenizerFolder } from "../runtime/load-tokenizer.ts";
import type { TransformersBackendOptions } from "../runtime/transformers-backend.ts";
import type { Workers } from "../runtime/worker/plan-sessions.ts";

export { warn } from "../warn.ts";

export const isInBrowser: boolean = false;

/** Whether the processor is an Arm, on which ONNX Runtime may compute in half precision. */
export const isOnArm: boolean = process.arch.startsWith("arm");

/** See `model-folder.ts`. */
export async function openModelFolder(model: string, options: HubOptions): Promise<ModelFolder> {
  return (await import("../files/open-model-folder.ts")).openModelFolder(model, options);
}

/** See `open-adapter-folder.ts`. */
export async function openAdapterFolder(name: string, options: HubOptions): Promise<ModelFolder> {
  return (await import("../files/open-adapter-folder.ts")).openAdapterFolder(name, options);
}

/** See `cached-models.ts`. */
export function openModelCache(): Promise<typeof import("../cached-models.ts")> {
  return import("../cached-models.ts");
}

/** See `ask-hub.ts`. */
export function openHub(): Promise<typeof import("../files/hub/ask-hub.ts")> {
  return import("../files/hub/ask-hub.ts");
}

/** See `worker-backend.ts`. */
export async function loadWorkerBackend(
  folder: TokenizerFolder,
  options: TransformersBackendOptions,
  workers: Workers,
  signal?: AbortSignal,
): Promise<Backend> {
  const { loadWorkerBackend } = await import("../runtime/worker/worker-backend.ts");
  return loadWorkerBackend(folder, options, workers, signal);
}

/** See `prepare-graph.ts`. */
export async function prepareGraph(
  folder: ModelFolder,
  graphFile: GraphFile,
  dataFiles: readonly string[],
  signal?: AbortSignal,
): Promise<KeptGraph | null> {
  const { prepareGraph } = await import("../graph/prepare-graph.ts");
  return prepareGraph(folder, graphFile, dataFiles, signal);
}
