import { defined } from "../defined.ts";
import type { DownloadProgress } from "../files/model-folder.ts";
import { canonical } from "./identity.ts";
import { type LoadModelOptions, loadDefaults, loadModel } from "./load-model.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** One caller's hold on a model that others may hold too. */
export interface ModelHandle {
  readonly model: LoadedModel;
  /** Lets go, to be called once; the last one to do so frees the model, once nothing runs on it. */
  release(): Promise<void>;
}

interface SharedModel {
  loading: Promise<LoadedModel>;
  holders: number;
  abort: AbortController;
  progress: Set<(event: DownloadProgress) => void>;
}

const sharedModels = new Map<string, SharedModel>();

/**
 * Loads a model, or joins whoever has loaded it with the same options. A failed load is forgotten.
 * Aborting one caller's `signal` ends the load only if nobody else waits for it; so does an error
 * in one caller's `onProgress`, which is thrown to that caller alone.
 *
 * @param load - how models are loaded
 */
export async function acquireModel(
  model: string,
  options: LoadModelOptions,
  load: typeof loadModel = loadModel,
): Promise<ModelHandle> {
  const { signal, onProgress, ...shareable } = options;
  signal?.throwIfAborted();
  const key = canonical([model, { ...loadDefaults, ...defined(shareable) }]);
  const shared =
    sharedModels.get(key) ??
    startLoading(key, (watched) => load(model, { ...shareable, ...watched }));
  shared.holders++;
  const failing = new AbortController();
  const listener = (event: DownloadProgress) => {
    try {
      onProgress?.(event);
    } catch (error) {
      shared.progress.delete(listener);
      failing.abort(error);
    }
  };
  shared.progress.add(listener);
  try {
    const loaded = await orAborted(
      shared.loading,
      signal ? AbortSignal.any([signal, failing.signal]) : failing.signal,
    );
    return { model: loaded, release: () => letGo(key, shared) };
  } catch (error) {
    // Not waited for: whoever aborts wants an answer now, and not when the runtime has come to the
    // end of its work.
    letGo(key, shared).catch(() => {});
    throw error;
  } finally {
    shared.progress.delete(listener);
  }
}

function startLoading(
  key: string,
  load: (options: Pick<LoadModelOptions, "signal" | "onProgress">) => Promise<LoadedModel>,
): SharedModel {
  const abort = new AbortController();
  const progress: SharedModel["progress"] = new Set();
  const loading = load({
    signal: abort.signal,
    onProgress: (event) => {
      for (const listener of progress) listener(event);
    },
  });
  const shared: SharedModel = { loading, holders: 0, abort, progress };
  sharedModels.set(key, shared);
  loading.then(
    // Whoever comes after the model was lost gets a new one.
    ({ backend }) => backend.lost?.then(() => forget(key, shared)),
    () => forget(key, shared),
  );
  return shared;
}

async function letGo(key: string, shared: SharedModel): Promise<void> {
  if (--shared.holders > 0) return;
  forget(key, shared);
  shared.abort.abort();
  const model = await shared.loading.catch(() => null);
  if (model) await releaseModel(model);
}

/** Frees a model once nothing runs on it. */
export async function releaseModel({ queue, backend }: LoadedModel): Promise<void> {
  await queue.idle();
  await backend.dispose();
}

function forget(key: string, shared: SharedModel): void {
  if (sharedModels.get(key) === shared) sharedModels.delete(key);
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([aborted, promise]).finally(() => signal.removeEventListener("abort", stop));
}
