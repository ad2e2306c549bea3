import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packBatches } from "./batches.ts";
import { type Priority, type Sessions, type WaitingCall, WaitingCalls } from "./waiting-calls.ts";

interface Call extends WaitingCall {
  isPaused: boolean;
}

const cost = { overhead: 24 };
const limits = { maxBatchTokens: 1024 };

function call(lengths: readonly number[], overrides: Partial<Call> = {}): Call {
  const defaults = { priority: "bulk", output: "sentence_embedding", isPaused: false } as const;
  return { ...defaults, limits, lengths, ...overrides };
}

function waitingFor(...calls: readonly Call[]): WaitingCalls<Call> {
  const waiting = new WaitingCalls<Call>();
  for (const each of calls) waiting.add(each);
  return waiting;
}

const oneSession = { count: 1, busyTokens: 0 };

/** Takes all batches, each as `[call, position]` pairs. */
function takeAll(
  waiting: WaitingCalls<Call>,
  sessions: Sessions = oneSession,
): (readonly [Call, number])[][] {
  const batches: (readonly [Call, number])[][] = [];
  for (;;) {
    const parts = waiting.takeBatch(cost, sessions);
    if (parts.length === 0) return batches;
    batches.push(
      parts.flatMap(({ call, positions }) =>
        positions.map((position) => [call, position] as const),
      ),
    );
  }
}

const lengthsOf = (batch: readonly (readonly [Call, number])[]) =>
  batch.map(([call, position]) => call.lengths[position]!);

const costOf = (batches: readonly (readonly number[])[]) =>
  batches.reduce((sum, lengths) => sum + cost.overhead + lengths.length * Math.max(...lengths), 0);

const arbitraryCall = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 2048 }), { minLength: 1, maxLength: 30 }),
    priority: fc.constantFrom<Priority>("query", "bulk"),
    limits: fc.constantFrom(limits, { maxBatchTokens: 300 }, { ...limits, batchSize: 1 }),
  })
  .map(({ lengths, ...overrides }) => call(lengths, overrides));

/** Calls that arrive before the batch with this number is taken. */
const arrivals = fc.array(
  fc.record({ call: arbitraryCall, batch: fc.integer({ min: 0, max: 12 }) }),
  { minLength: 1, maxLength: 20 },
);

const sessions = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  busyTokens: fc.integer({ min: 0, max: 4096 }),
});

describe("whoever calls", () => {
  test("every text runs once, in a batch within the limits of all its calls", () => {
    fc.assert(
      fc.property(arrivals, sessions, (arrivals, sessions) => {
        const waiting = new WaitingCalls<Call>();
        const taken: (readonly [Call, number])[] = [];
        const left = [...arrivals];
        for (let count = 0; ; count++) {
          for (const { call } of left.splice(0).filter((arrival) => {
            if (arrival.batch <= count) return true;
            left.push(arrival);
            return false;
          }))
            waiting.add(call);
          const parts = waiting.takeBatch(cost, sessions);
          if (parts.length === 0 && left.length === 0) break;
          const rows = parts.reduce((sum, { positions }) => sum + positions.length, 0);
          const longest = Math.max(
            0,
            ...parts.flatMap(({ call, positions }) => positions.map((at) => call.lengths[at]!)),
          );
          for (const { call, positions } of parts) {
            expect(rows).toBeLessThanOrEqual(call.limits.batchSize ?? Number.POSITIVE_INFINITY);
            expect(rows === 1 || rows * longest <= call.limits.maxBatchTokens).toBe(true);
            taken.push(...positions.map((position) => [call, position] as const));
          }
        }
        for (const { call } of arrivals) {
          const positions = taken.filter(([other]) => other === call).map(([, at]) => at);
          expect(positions.sort((a, b) => a - b)).toEqual([...call.lengths.keys()]);
        }
      }),
    );
  });

  test("the call that was served least recently is in the next batch of its priority", () => {
    fc.assert(
      fc.property(fc.array(arbitraryCall, { minLength: 2, maxLength: 12 }), (calls) => {
        const waiting = waitingFor(...calls);
        const left = new Map(calls.map((each) => [each, each.lengths.length]));
        for (;;) {
          const parts = waiting.takeBatch(cost, oneSession);
          if (parts.length === 0) break;
          const { priority } = parts[0]!.call;
          const [next] = [...left.keys()].filter((each) => each.priority === priority);
          expect(parts.map(({ call }) => call)).toContain(next);
          for (const { call, positions } of parts) {
            const count = left.get(call)! - positions.length;
            left.delete(call);
            if (count > 0) left.set(call, count);
          }
        }
        expect(left.size).toBe(0);
      }),
    );
  });
});

describe("batches", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 100 });

  test("of one call are the cheapest ones", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const batches = takeAll(waitingFor(call(lengths))).map(lengthsOf);
        const cheapest = packBatches(lengths, limits, cost).map((batch) =>
          batch.map((position) => lengths[position]!),
        );
        expect(costOf(batches)).toBe(costOf(cheapest));
      }),
    );
  });

  test("of single calls cost as much as those of one call with the same texts", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const singles = takeAll(waitingFor(...lengths.map((length) => call([length]))));
        const together = takeAll(waitingFor(call(lengths)));
        expect(costOf(singles.map(lengthsOf))).toBe(costOf(together.map(lengthsOf)));
      }),
    );
  });

  test("of many texts cost little more than the cheapest ones", () => {
    const lengths = Array.from({ length: 5000 }, (_, index) => 5 + ((index * 7919) % 500));
    const batches = takeAll(waitingFor(call(lengths))).map(lengthsOf);
    const cheapest = packBatches(lengths, limits, cost).map((batch) =>
      batch.map((position) => lengths[position]!),
    );
    expect(costOf(batches) / costOf(cheapest)).toBeLessThan(1.001);
  });

  test("contain texts of other calls where their lengths are alike", () => {
    const [short, long] = [call([10]), call([500])];
    expect(takeAll(waitingFor(short, long, call([11, 490])))).toMatchObject([
      [{ length: 2 }, { length: 2 }],
      [{ length: 2 }, { length: 2 }],
    ]);
  });

  test("are shared out to all sessions, with what runs already, unless they are small", () => {
    const rowsOfFirst = (texts: number, sessions: Sessions) =>
      takeAll(waitingFor(call(Array(texts).fill(20))), sessions)[0]!.length;
    expect(rowsOfFirst(50, oneSession)).toBe(50);
    expect(rowsOfFirst(50, { count: 2, busyTokens: 0 })).toBe(25);
    expect(rowsOfFirst(25, { count: 2, busyTokens: 500 })).toBe(25);
    expect(rowsOfFirst(8, { count: 2, busyTokens: 0 })).toBe(8);
  });
});

describe("turns", () => {
  const names = (waiting: WaitingCalls<Call>, all: Record<string, Call>) =>
    takeAll(waiting).map((batch) =>
      Object.keys(all)
        .filter((name) => batch.some(([call]) => call === all[name]))
        .join("+"),
    );

  test("calls with many batches take turns, and a late text waits for one batch of each", () => {
    const [a, b, late] = [call([1000, 1000, 1000]), call([900, 900]), call([10])];
    const waiting = waitingFor(a, b);
    expect(waiting.takeBatch(cost, oneSession)[0]!.call).toBe(a);
    waiting.add(late);
    expect(names(waiting, { a, b, late })).toEqual(["b", "a", "late", "b", "a"]);
  });

  test("queries come first, and share batches with each other only", () => {
    const [bulk, first, second] = [
      call([20, 20]),
      call([10], { priority: "query" }),
      call([12], { priority: "query" }),
    ];
    const waiting = waitingFor(bulk, first, second);
    expect(names(waiting, { bulk, first, second })).toEqual(["first+second", "bulk"]);
  });

  test("a stream of queries does not block other calls forever", () => {
    const bulk = call(Array(2).fill(1000));
    const waiting = waitingFor(bulk);
    const order: string[] = [];
    for (let count = 0; count < 40; count++) {
      waiting.add(call([8], { priority: "query" }));
      order.push(waiting.takeBatch(cost, oneSession)[0]!.call.priority);
    }
    expect(order.flatMap((priority, at) => (priority === "bulk" ? [at] : []))).toEqual([16, 33]);
  });

  test("a paused or removed call does not run, and no other waits for it", () => {
    const [paused, removed, other] = [call([10], { isPaused: true }), call([10]), call([10])];
    const waiting = waitingFor(paused, removed, other);
    waiting.remove(removed);
    expect(names(waiting, { paused, removed, other })).toEqual(["other"]);
    paused.isPaused = false;
    expect(names(waiting, { paused, removed, other })).toEqual(["paused"]);
  });

  test("calls with other limits do not share a batch", () => {
    const small = { maxBatchTokens: 50 };
    const [a, b, c] = [call([20]), call([20], { limits: small }), call([20])];
    expect(names(waitingFor(a, b, c), { a, b, c })).toEqual(["a+c", "b"]);
  });
});
