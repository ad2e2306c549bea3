import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerFacts } from "./server-facts.ts";
import { ServerFailure } from "./server-failure.ts";
import { ServerPool } from "./server-pool.ts";

const oneAddress = ["http://one"];
const twoAddresses = ["http://one", "http://two"];
const cases = [oneAddress, twoAddresses].flatMap((urls) =>
  [1, 8, 64].map((callers) => [callers, urls] as const),
);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Behaviour {
  readonly retryAfter?: number;
  readonly maxRetries?: number;
  /** Milliseconds until the server answers or fails. */
  readonly answerTime?: number;
}

/** A service whose servers can be up or down, and which counts what it is asked. */
function service(
  urls: readonly string[],
  { retryAfter, maxRetries = 5, answerTime = 10 }: Behaviour = {},
) {
  const state = { isUp: true, asked: 0, atOnce: 0, mostAtOnce: 0 };
  const pool = new ServerPool(urls, {
    maxRetries,
    async ask(url): Promise<ServerFacts> {
      state.asked++;
      state.mostAtOnce = Math.max(state.mostAtOnce, ++state.atOnce);
      await new Promise((resolve) => setTimeout(resolve, answerTime));
      state.atOnce--;
      if (state.isUp) return { api: "tei", baseUrl: url, model: "tiny", identity: "tiny" };
      throw new ServerFailure("down", { kind: "retry", url, isAddressDown: true, retryAfter });
    },
  });
  /** Makes calls at once; says how each of them ended, and when. */
  const call = async (callers: number, calledAt = performance.now()) => {
    const start = performance.now();
    const ends = Array.from({ length: callers }, async () => {
      const result = await pool
        .run(async ({ model }) => model, { signal: undefined, calledAt })
        .catch((error: { code: string }) => error.code);
      return { result, seconds: (performance.now() - start) / 1000 };
    });
    return Promise.all(ends);
  };
  return { state, call };
}

test.for(cases)("%i calls to %j, all down, end when one does", async ([callers, urls]) => {
  const { state, call } = service(urls);
  state.isUp = false;
  const calls = call(callers);
  await vi.advanceTimersByTimeAsync(120_000);
  for (const { result, seconds } of await calls) {
    expect(result).toBe("SERVER_FAILED");
    expect(seconds).toBeGreaterThan(11);
    expect(seconds).toBeLessThan(16);
  }
  expect(state.asked).toBeLessThanOrEqual(8 * urls.length);
  expect(state.mostAtOnce).toBeLessThanOrEqual(urls.length);
});

test("calls that waited for others while the server was down fail at once", async () => {
  const { state, call } = service(oneAddress);
  state.isUp = false;
  const first = call(4);
  await vi.advanceTimersByTimeAsync(20_000);
  await first;
  const later = call(4, 0);
  await vi.advanceTimersByTimeAsync(100);
  for (const { result, seconds } of await later) {
    expect(result).toBe("SERVER_FAILED");
    expect(seconds).toBeLessThan(0.1);
  }
});

test.for(cases)("%i calls to %j get over a restart of 10 s", async ([callers, urls]) => {
  const { state, call } = service(urls);
  state.isUp = false;
  const calls = call(callers);
  await vi.advanceTimersByTimeAsync(10_000);
  state.isUp = true;
  await vi.advanceTimersByTimeAsync(20_000);
  for (const { result } of await calls) expect(result).toBe("tiny");
});

test("a call during a long outage has its whole time for retries", async () => {
  const { state, call } = service(oneAddress);
  state.isUp = false;
  const first = call(4);
  await vi.advanceTimersByTimeAsync(60_000);
  await first;
  const later = call(4);
  await vi.advanceTimersByTimeAsync(12_000);
  state.isUp = true;
  await vi.advanceTimersByTimeAsync(20_000);
  for (const { result, seconds } of await later) {
    expect(result).toBe("tiny");
    expect(seconds).toBeLessThan(16);
  }
});

test("Retry-After is waited for each time", async () => {
  const { state, call } = service(oneAddress, { retryAfter: 10_000 });
  state.isUp = false;
  const calls = call(8);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(state.asked).toBe(5);
  await vi.advanceTimersByTimeAsync(30_000);
  for (const { result, seconds } of await calls) {
    expect(result).toBe("SERVER_FAILED");
    expect(seconds).toBeLessThan(62);
  }
});

test.for([
  [2, 2_000],
  [5, 20_000],
  [5, 120_000],
] as const)("all of %i retries are made if each takes %i ms", async ([maxRetries, answerTime]) => {
  const { state, call } = service(oneAddress, { maxRetries, answerTime });
  state.isUp = false;
  const calls = call(1);
  await vi.advanceTimersByTimeAsync(20 * 120_000);
  expect(await calls).toMatchObject([{ result: "SERVER_FAILED" }]);
  expect(state.asked).toBe(maxRetries + 1);
});

test.for([
  [1, oneAddress],
  [64, oneAddress],
  [64, twoAddresses],
] as const)("%i calls to %j get over four slow failures", async ([callers, urls]) => {
  const { state, call } = service(urls, { answerTime: 30_000 });
  state.isUp = false;
  const calls = call(callers);
  await vi.advanceTimersByTimeAsync(4 * 30_000 + 8_000);
  state.isUp = true;
  await vi.advanceTimersByTimeAsync(200 * 30_000);
  for (const { result } of await calls) expect(result).toBe("tiny");
});

test.for(cases)("%i calls to %j end together after slow failures", async ([callers, urls]) => {
  const { state, call } = service(urls, { answerTime: 30_000 });
  state.isUp = false;
  const calls = call(callers);
  await vi.advanceTimersByTimeAsync(20 * 30_000);
  const ends = await calls;
  for (const { result } of ends) expect(result).toBe("SERVER_FAILED");
  const seconds = ends.map((end) => end.seconds);
  expect(Math.max(...seconds)).toBeLessThan(7 * 30 * urls.length + 16);
  expect(state.asked).toBeLessThanOrEqual(7 * urls.length);
});
