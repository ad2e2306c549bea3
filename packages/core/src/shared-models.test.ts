import { expect, test, vi } from "vitest";
import { loadModel } from "./load-model.ts";
import { acquireModel } from "./shared-models.ts";

vi.mock("./load-model.ts", () => ({ loadModel: vi.fn() }));

test("an abort is answered at once, even if the runtime cannot be stopped, and the next load starts anew", async () => {
  const signals: AbortSignal[] = [];
  vi.mocked(loadModel).mockImplementation((_model, { signal }) => {
    signals.push(signal!);
    return new Promise(() => {});
  });
  const controller = new AbortController();
  const loading = acquireModel("model", { signal: controller.signal });
  controller.abort(new Error("no longer wanted"));
  await expect(loading).rejects.toThrow("no longer wanted");
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);

  const next = acquireModel("model", { signal: AbortSignal.timeout(10) });
  await expect(next).rejects.toMatchObject({ name: "TimeoutError" });
  expect(signals).toHaveLength(2);
});

test("a model that comes after all have let go is freed", async () => {
  const dispose = vi.fn(async () => {});
  let finish: (model: never) => void = () => {};
  const late = new Promise<never>((resolve) => {
    finish = resolve;
  });
  vi.mocked(loadModel).mockReturnValue(late);
  const controller = new AbortController();
  const loading = acquireModel("late", { signal: controller.signal });
  controller.abort();
  await expect(loading).rejects.toMatchObject({ name: "AbortError" });
  finish({ backend: { dispose }, queue: { idle: async () => {} } } as never);
  await vi.waitFor(() => expect(dispose).toHaveBeenCalledTimes(1));
});
