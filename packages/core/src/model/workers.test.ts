import { expect, test } from "vitest";
import { workersOf } from "./workers.ts";

test.each<[options: Parameters<typeof workersOf>[0], workers: ReturnType<typeof workersOf>]>([
  [{}, null],
  [{ worker: false }, null],
  [{ worker: true }, 1],
  [{ workers: 1 }, 1],
  [{ workers: 3 }, 3],
  [{ worker: true, workers: 3 }, 3],
  [{ worker: true, workers: "auto" }, "auto"],
  [{ workers: "auto", device: "cpu" }, "auto"],
  [{ workers: "auto", device: "cuda" }, 1],
  [{ workers: "auto", sessionOptions: { executionProviders: ["cuda", "cpu"] } }, 1],
  [{ workers: 2, device: "cuda" }, 2],
])("%j: %s", (options, workers) => {
  expect(workersOf(options)).toBe(workers);
});

test.each([1, 3, "auto"] as const)("worker: false contradicts workers: %s", (workers) => {
  expect(() => workersOf({ worker: false, workers })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT", details: { worker: false, workers } }),
  );
});
