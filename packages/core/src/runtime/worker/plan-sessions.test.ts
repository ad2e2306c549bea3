import fc from "fast-check";
import { expect, test } from "vitest";
import { planSessions, type Resources } from "./plan-sessions.ts";

const gib = 2 ** 30;
const resources = (cores: number, others: Partial<Resources> = {}): Resources => ({
  cores,
  freeMemory: 64 * gib,
  sessionMemory: gib,
  ...others,
});

test.each<[cores: number, threads: number | undefined, plan: readonly (number | undefined)[]]>([
  [1, undefined, [undefined]],
  [2, undefined, [undefined]],
  [7, undefined, [undefined]],
  [8, undefined, [4, 4]],
  [11, undefined, [5, 5]],
  [16, undefined, [4, 4, 4, 4]],
  [64, undefined, Array(16).fill(4)],
  [16, 2, [2, 2, 2, 2]],
  [16, 8, [8, 8]],
  [16, 16, [16]],
  [2, 8, [8]],
])('"auto" on %i cores, with threads: %s', (cores, threads, narrow) => {
  const hasWide = threads === undefined && narrow.length > 1;
  expect(planSessions("auto", resources(cores, { threads }))).toEqual({ narrow, hasWide });
});

test.each<[freeGib: number, threads: number | undefined, plan: readonly (number | undefined)[]]>([
  [5, undefined, [4, 4, 4, 4]],
  [4.9, undefined, [5, 5, 5]],
  [3, undefined, [8, 8]],
  // Two sessions: not one that is narrow and one that is wide.
  [2, undefined, [undefined]],
  [0, undefined, [undefined]],
  [2, 4, [4, 4]],
  [1, 4, [4]],
])('"auto" with memory for %d sessions, and threads: %s', (freeGib, threads, narrow) => {
  const hasWide = threads === undefined && narrow.length > 1;
  const limited = resources(16, { freeMemory: freeGib * gib, threads });
  expect(planSessions("auto", limited)).toEqual({ narrow, hasWide });
});

test('"auto" takes one session for a model of unknown size', () => {
  const unknown = resources(64, { sessionMemory: Number.POSITIVE_INFINITY });
  expect(planSessions("auto", unknown)).toEqual({ narrow: [undefined], hasWide: false });
});

test.each<[workers: number, cores: number, threads: number | undefined, each: number | undefined]>([
  [1, 16, undefined, undefined],
  [1, 16, 3, 3],
  [2, 2, undefined, 1],
  [2, 16, undefined, 8],
  [3, 16, undefined, 5],
  [3, 2, undefined, 1],
  [3, 2, 4, 4],
])("%i workers on %i cores, with threads: %s, have %s each", (workers, cores, threads, each) => {
  const plan = planSessions(workers, resources(cores, { freeMemory: 0, threads }));
  expect(plan).toEqual({ narrow: Array(workers).fill(each), hasWide: false });
});

test("cores and memory suffice for every plan", () => {
  const size = fc.double({ min: 0, max: 100, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 512 }),
      size,
      size,
      (cores, freeMemory, sessionMemory) => {
        const given = { cores, freeMemory, sessionMemory };
        const { narrow, hasWide } = planSessions("auto", given);
        // A lone query has the threads of one session without a pool.
        expect(hasWide).toBe(narrow.length > 1);
        if (!hasWide) {
          expect(narrow).toEqual([undefined]);
          return;
        }
        expect(narrow.reduce((sum, threads) => sum! + threads!, 0)).toBeLessThanOrEqual(cores);
        expect(Math.min(...(narrow as number[]))).toBeGreaterThanOrEqual(4);
        expect((narrow.length + 1) * sessionMemory).toBeLessThanOrEqual(freeMemory);
      },
    ),
  );
});
