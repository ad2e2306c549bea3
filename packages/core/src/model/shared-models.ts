import { defined, stableJson, untilAborted } from "@embeddinggemma/internal";
import { isInBrowser } from "#platform";
import type { DownloadProgress } from "../files/model-folder.ts";
import { namedGraphFile } from "../runtime/graph-file.ts";
import { firstDeviceOf } from "./dtype-rules.ts";
import type { LoadModelOptions } from "./load-model.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { autoDtypes, resolveDtype } from "./resolve-dtype.ts";
import { workersOf } from "./workers.ts";

/** A model that several callers can use. */
export interface SharableModel extends Pick<LoadedModel, "backend" | "dtype"> {
  /** Frees the model after all running inferences. */
  release(): Promise<void>;
}

/** A model that is shared with other callers. */
export interface ModelHandle<Model> {
  readonly model: Model;
  /** Must be called once. The last release frees the model, after all running inferences. */
  release(): Promise<void>;
}

interface SharedModel {
  /** Its keys in {@link sharedModels}: that of its options, and that of the dtype it has. */
  readonly keys: Set<string>;
  isLoaded: boolean;
  readonly loading: Promise<SharableModel>;
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
 * @param load - loads the model. It must be the same in all calls.
 */
export async function acquireModel<Model extends SharableModel>(
  model: string,
  options: LoadModelOptions,
  load: (model: string, options: LoadModelOptions) => Promise<Model>,
): Promise<ModelHandle<Model>> {
  const { signal, onDownloadProgress, ...shareable } = options;
  signal?.throwIfAborted();
  const shared =
    findShared(model, shareable) ??
    startLoading(model, shareable, (callbacks) => load(model, { ...shareable, ...callbacks }));
  shared.users++;
  try {
    const loaded = await waitFor(shared, signal, onDownloadProgress);
    return { model: loaded as Model, release: () => release(shared) };
  } catch (error) {
    // Not awaited: an abort rejects immediately, even if the runtime is still busy.
    release(shared).catch(() => {});
    throw error;
  }
}

/**
 * Models with the same options share a key. Different options that choose the same file have the
 * same key, too.
 */
function keyOf(model: string, options: LoadModelOptions): string {
  const { dtype, modelFile, subfolder, worker, workers, ...others } = defined(options);
  const file = namedGraphFile({ dtype, modelFile, subfolder });
  const settings = { revision: "main", ...others, processes: workersOf(options) };
  return stableJson([model, settings, file ?? { auto: subfolder ?? null }]);
}

/** A model for `dtype: "auto"` can be one that was loaded with the dtype that is tried first. */
function findShared(model: string, options: LoadModelOptions): SharedModel | undefined {
  const shared = sharedModels.get(keyOf(model, options));
  if (shared || namedGraphFile(options)) return shared;
  const device = firstDeviceOf(options);
  const { dtype } = resolveDtype({ isInBrowser, device, available: autoDtypes });
  const named = sharedModels.get(keyOf(model, { ...options, dtype }));
  return named?.isLoaded ? named : undefined;
}

function startLoading(
  model: string,
  options: LoadModelOptions,
  load: (
    callbacks: Required<Pick<LoadModelOptions, "signal" | "onDownloadProgress">>,
  ) => Promise<SharableModel>,
): SharedModel {
  const abort = new AbortController();
  const progressListeners: SharedModel["progressListeners"] = new Set();
  const loading = load({
    signal: abort.signal,
    onDownloadProgress: (event) => {
      for (const listener of progressListeners) listener(event);
    },
  });
  const keys = new Set<string>();
  const shared: SharedModel = {
    keys,
    loading,
    abort,
    progressListeners,
    isLoaded: false,
    users: 0,
  };
  remember(keyOf(model, options), shared);
  loading.then(
    ({ backend, dtype }) => {
      shared.isLoaded = true;
      if (!namedGraphFile(options) && shared.users > 0)
        remember(keyOf(model, { ...options, dtype }), shared);
      // After the backend is lost, the next caller loads a new model.
      backend.lost?.then(() => forget(shared));
    },
    () => forget(shared),
  );
  return shared;
}

function waitFor(
  { loading, progressListeners }: SharedModel,
  signal: AbortSignal | undefined,
  onDownloadProgress: LoadModelOptions["onDownloadProgress"],
): Promise<SharableModel> {
  let stop = () => {};
  const loaded = () =>
    new Promise<SharableModel>((resolve, reject) => {
      const listener = (event: DownloadProgress) => {
        try {
          onDownloadProgress?.(event);
        } catch (error) {
          stop();
          reject(error);
        }
      };
      stop = () => void progressListeners.delete(listener);
      progressListeners.add(listener);
      loading.then(resolve, reject);
    });
  return untilAborted(signal, loaded).finally(() => stop());
}

async function release(shared: SharedModel): Promise<void> {
  if (--shared.users > 0) return;
  forget(shared);
  shared.abort.abort();
  const model = await shared.loading.catch(() => null);
  await model?.release();
}

function remember(key: string, shared: SharedModel): void {
  if (sharedModels.has(key)) return;
  sharedModels.set(key, shared);
  shared.keys.add(key);
}

function forget(shared: SharedModel): void {
  for (const key of shared.keys) sharedModels.delete(key);
  shared.keys.clear();
}
