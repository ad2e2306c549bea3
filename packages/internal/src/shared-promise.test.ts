import { expect, test } from "vitest";
import { SharedPromise } from "./shared-promise.ts";

function counting(outcomes: ("fulfilled" | "rejected")[]) {
  let starts = 0;
  const shared = new SharedPromise(async () => {
    const start = ++starts;
    if (outcomes[start - 1] === "rejected") throw new Error(`start ${start}`);
    return start;
  });
  return { shared, starts: () => starts };
}

test("runs once for all callers", async () => {
  const { shared, starts } = counting(["fulfilled"]);
  expect(await Promise.all([shared.get(), shared.get()])).toEqual([1, 1]);
  expect(await shared.get()).toBe(1);
  expect(starts()).toBe(1);
});

test("a failure rejects all waiting callers, and the next one runs the task again", async () => {
  const { shared } = counting(["rejected", "fulfilled"]);
  const both = await Promise.allSettled([shared.get(), shared.get()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await shared.get()).toBe(2);
});

test("can be told to forget, and then ignores a late failure", async () => {
  const { shared } = counting(["rejected", "fulfilled"]);
  const first = shared.get();
  expect(shared.forget()).toBe(first);
  const second = shared.get();
  await expect(first).rejects.toThrow("start 1");
  expect(shared.get()).toBe(second);
  expect(await second).toBe(2);
});
