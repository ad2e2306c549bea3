import { defined, stableJson } from "@embeddinggemma/internal";
import type { DownloadProgress } from "../files/model-folder.ts";
import { type LoadModelOptions, loadDefaults, type loadModel } from "./load-model.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** A model that is shared with other callers. */
export interface ModelHandle {
  readonly model: LoadedModel;
  /** Must be called once. The last release frees the model, after all running inferences. */
  release(): Promise<void>;
}

interface SharedModel {
  readonly loading: Promise<LoadedModel>;
  readonly abort: AbortController;
  readonly progressListeners: Set<(event: DownloadProgress) => void>;
  users: number;
}

const sharedModels = new Map<string, SharedModel>();

/**
 * Loads a model, or shares one that another caller is loading or has loaded with the same options.
 * After a failure, the next call loads again.
 *
 * An abort of `signal` or an error in `onDownloadProgress` rejects this call only. The load itself
 * is aborted when no caller waits for it any more.
 *
 * @param load - loads the model
 */
export async function acquireModel(
  model: string,
  options: LoadModelOptions,
  load: typeof loadModel,
): Promise<ModelHandle> {
  const { signal, onDownloadProgress, ...shareable } = options;
  signal?.throwIfAborted();
  const key = stableJson([model, { ...loadDefaults, ...defined(shareable) }]);
  const shared =
    sharedModels.get(key) ??
    startLoading(key, (callbacks) => load(model, { ...shareable, ...callbacks }));
  shared.users++;
  try {
    const loaded = await waitFor(shared, signal, onDownloadProgress);
    return { model: loaded, release: () => release(key, shared) };
  } catch (error) {
    // Not awaited: an abort rejects immediately, even if the runtime is still busy.
    release(key, shared).catch(() => {});
    throw error;
  }
}

function startLoading(
  key: string,
  load: (
    callbacks: Required<Pick<LoadModelOptions, "signal" | "onDownloadProgress">>,
  ) => Promise<LoadedModel>,
): SharedModel {
  const abort = new AbortController();
  const progressListeners: SharedModel["progressListeners"] = new Set();
  const loading = load({
    signal: abort.signal,
    onDownloadProgress: (event) => {
      for (const listener of progressListeners) listener(event);
    },
  });
  const shared: SharedModel = { loading, abort, progressListeners, users: 0 };
  sharedModels.set(key, shared);
  loading.then(
    // After the backend is lost, the next caller loads a new model.
    ({ backend }) => backend.lost?.then(() => forget(key, shared)),
    () => forget(key, shared),
  );
  return shared;
}

function waitFor(
  { loading, progressListeners }: SharedModel,
  signal: AbortSignal | undefined,
  onDownloadProgress: LoadModelOptions["onDownloadProgress"],
): Promise<LoadedModel> {
  let stop = () => {};
  return new Promise<LoadedModel>((resolve, reject) => {
    const onAbort = () => reject(signal?.reason);
    const listener = (event: DownloadProgress) => {
      try {
        onDownloadProgress?.(event);
      } catch (error) {
        stop();
        reject(error);
      }
    };
    stop = () => {
      progressListeners.delete(listener);
      signal?.removeEventListener("abort", onAbort);
    };
    progressListeners.add(listener);
    signal?.addEventListener("abort", onAbort, { once: true });
    loading.then(resolve, reject);
  }).finally(() => stop());
}

async function release(key: string, shared: SharedModel): Promise<void> {
  if (--shared.users > 0) return;
  forget(key, shared);
  shared.abort.abort();
  const model = await shared.loading.catch(() => null);
  if (model) await releaseModel(model);
}

/** Frees a model after all running inferences. */
export async function releaseModel({ queue, backend }: LoadedModel): Promise<void> {
  await queue.idle();
  await backend.dispose();
}

function forget(key: string, shared: SharedModel): void {
  if (sharedModels.get(key) === shared) sharedModels.delete(key);
}
