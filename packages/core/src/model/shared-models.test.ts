import { expect, test, vi } from "vitest";
import type { LoadModelOptions, loadModel } from "./load-model.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { acquireModel } from "./shared-models.ts";

/** Loads that finish when the test says so. */
class Loads {
  readonly options: LoadModelOptions[] = [];
  readonly dispose = vi.fn(async () => {});
  #finish: (model: LoadedModel) => void = () => {};

  readonly load: typeof loadModel = (_model, options) => {
    this.options.push(options);
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  };

  finish(): void {
    this.#finish({
      backend: { dispose: this.dispose },
      queue: { idle: async () => {} },
    } as unknown as LoadedModel);
  }
}

const event = { file: "onnx/model.onnx", loaded: 1, total: 2 };

test("an abort rejects immediately, and the next load starts from the beginning", async () => {
  const loads = new Loads();
  const controller = new AbortController();
  const loading = acquireModel("model", { signal: controller.signal }, loads.load);
  controller.abort(new Error("no longer wanted"));
  await expect(loading).rejects.toThrow("no longer wanted");
  expect(loads.options.map(({ signal }) => signal?.aborted)).toEqual([true]);

  const next = acquireModel("model", { signal: AbortSignal.timeout(10) }, loads.load);
  await expect(next).rejects.toMatchObject({ name: "TimeoutError" });
  expect(loads.options).toHaveLength(2);
});

test("a model that has finished loading after all callers aborted is freed", async () => {
  const loads = new Loads();
  const controller = new AbortController();
  const loading = acquireModel("late", { signal: controller.signal }, loads.load);
  controller.abort();
  await expect(loading).rejects.toMatchObject({ name: "AbortError" });
  loads.finish();
  await vi.waitFor(() => expect(loads.dispose).toHaveBeenCalledTimes(1));
});

test("options are equal in any order, and if defaults are set explicitly", async () => {
  const loads = new Loads();
  const handles = Promise.all(
    [
      { threads: 2, sessionOptions: { a: 1, b: 2 } },
      { sessionOptions: { b: 2, a: 1 }, threads: 2 },
      {
        threads: 2,
        sessionOptions: { a: 1, b: 2 },
        dtype: "q8" as const,
        worker: false,
        revision: "main",
      },
      { threads: 2, sessionOptions: { a: 1, b: 2 }, ...({ device: undefined } as object) },
    ].map((options) => acquireModel("ordered", options, loads.load)),
  );
  const other = acquireModel("ordered", { threads: 2, dtype: "fp32" }, new Loads().load);
  loads.finish();
  const [first, ...rest] = await handles;
  expect(loads.options).toHaveLength(1);
  for (const { model } of rest) expect(model).toBe(first!.model);
  expect(await Promise.race([other, "still loading"])).toBe("still loading");
});

test("an error in onDownloadProgress rejects that caller only", async () => {
  const loads = new Loads();
  const mistake = new TypeError("not a function");
  const failing = acquireModel(
    "watched",
    {
      onDownloadProgress: () => {
        throw mistake;
      },
    },
    loads.load,
  );
  const seen: unknown[] = [];
  const watching = acquireModel(
    "watched",
    { onDownloadProgress: (progress) => seen.push(progress) },
    loads.load,
  );
  loads.options[0]!.onDownloadProgress!(event);
  await expect(failing).rejects.toBe(mistake);
  expect(loads.options[0]!.signal!.aborted).toBe(false);
  loads.options[0]!.onDownloadProgress!(event);
  loads.finish();
  await (await watching).release();
  expect(seen).toEqual([event, event]);
  expect(loads.options).toHaveLength(1);
});
