import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Pacer } from "./pacer.ts";

it("gives calls that share it a slice each, and other work a turn in between", async () => {
  const pacer = new Pacer();
  let isDone = false;
  const calls = Array.from({ length: 50 }, async () => {
    for (let item = 0; item < 4; item++) {
      const until = performance.now() + 2;
      while (performance.now() < until);
      if (pacer.due) await pacer.pause();
    }
  });
  const working = Promise.all(calls).finally(() => {
    isDone = true;
  });
  const turns: number[] = [];
  while (!isDone) {
    const startedAt = performance.now();
    await nextTurn();
    turns.push(performance.now() - startedAt);
  }
  await working;
  // All calls work for 400 ms together. A busy machine may stop this process in a few turns.
  turns.sort((a, b) => a - b);
  expect(turns[Math.floor(turns.length * 0.9)]).toBeLessThan(100);
  expect(turns.length).toBeGreaterThan(30);
});
