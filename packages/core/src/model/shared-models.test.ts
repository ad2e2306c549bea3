import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import type { Dtype } from "../runtime/dtype.ts";
import type { LoadModelOptions } from "./load-model.ts";
import { acquireModel, type SharableModel } from "./shared-models.ts";

/** Loads that finish when the test says so. */
class Loads {
  readonly options: LoadModelOptions[] = [];
  readonly release = vi.fn(async () => {});
  #finish: (model: SharableModel) => void = () => {};

  readonly load = (_model: string, options: LoadModelOptions): Promise<SharableModel> => {
    this.options.push(options);
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  };

  finish(dtype?: Dtype): void {
    this.#finish({
      dtype,
      backend: {},
      release: this.release,
    } as unknown as SharableModel);
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

test("loads that share a signal share one listener, until they end", async () => {
  const loads = new Loads();
  const { signal } = new AbortController();
  const loading = Array.from({ length: 20 }, () => acquireModel("many", { signal }, loads.load));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  loads.finish();
  await Promise.all(loading);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("a model that has finished loading after all callers aborted is freed", async () => {
  const loads = new Loads();
  const controller = new AbortController();
  const loading = acquireModel("late", { signal: controller.signal }, loads.load);
  controller.abort();
  await expect(loading).rejects.toMatchObject({ name: "AbortError" });
  loads.finish();
  await vi.waitFor(() => expect(loads.release).toHaveBeenCalledTimes(1), 10_000);
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
        dtype: "auto" as const,
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

test("worker: true is the same as workers: 1", async () => {
  const loads = new Loads();
  const options = [{ worker: true }, { workers: 1 }, { worker: true, workers: 1 }];
  const handles = options.map((each) => acquireModel("in a worker", each, loads.load));
  loads.finish();
  const models = (await Promise.all(handles)).map(({ model }) => model);
  expect(new Set(models).size).toBe(1);
  for (const each of [{}, { workers: 2 }]) acquireModel("in a worker", each, loads.load);
  expect(loads.options).toHaveLength(3);
});

test("once loaded, a model that dtype auto took is shared with calls that name it", async () => {
  const loads = new Loads();
  const loading = acquireModel("small", {}, loads.load);
  loads.finish("fp32");
  const handles = [await loading];
  for (const options of [
    { dtype: "fp32" },
    { modelFile: "model.onnx" },
    { modelFile: "onnx/model" },
    { dtype: "auto" },
  ] as const) {
    handles.push(await acquireModel("small", options, loads.load));
  }
  expect(loads.options).toHaveLength(1);
  const others = new Loads();
  for (const options of [
    { dtype: "q8" },
    { dtype: "fp32", subfolder: "" },
    { modelFile: "other" },
    { dtype: "auto", device: "webgpu" },
  ] as const) {
    acquireModel("small", options, others.load);
  }
  expect(others.options).toHaveLength(4);
  for (const { release } of handles) await release();
  expect(loads.release).toHaveBeenCalledTimes(1);
  acquireModel("small", { dtype: "fp32" }, others.load);
  acquireModel("small", {}, others.load);
  expect(others.options).toHaveLength(6);
});

test("dtype auto shares a loaded model of the dtype that it tries first", async () => {
  const [named, others] = [new Loads(), new Loads()];
  const loading = acquireModel("named", { dtype: "q8" }, named.load);
  named.finish("q8");
  const { model } = await loading;
  expect((await acquireModel("named", {}, others.load)).model).toBe(model);
  acquireModel("named", { device: "webgpu" }, others.load);
  expect(others.options).toHaveLength(1);
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
