const firstDelay = 500;
const maxDelay = 16_000;

/** Nobody waits longer than this for an address: the request fails instead. */
export const longestWait = 60_000;

/**
 * Milliseconds until the next try: twice as long after each failure in a row, and shortened by a
 * random part, so that clients that failed together do not come back together.
 *
 * @param failures - number of failures in a row, at least 1
 */
export function backoff(failures: number): number {
  const delay = Math.min(firstDelay * 2 ** (failures - 1), maxDelay);
  return delay * (0.75 + Math.random() / 4);
}

/**
 * Milliseconds that a number of retries takes, without the requests themselves.
 *
 * @param retryAfter - how long the server asks to wait each time
 */
export function retryTime(maxRetries: number, retryAfter = 0): number {
  const doublings = Math.min(maxRetries, Math.log2(maxDelay / firstDelay));
  const growing = firstDelay * (2 ** doublings - 1);
  return Math.max(growing + maxDelay * (maxRetries - doublings), retryAfter * maxRetries);
}

/**
 * Milliseconds that a server asks to wait: `retry-after-ms` as OpenAI sends it, or `Retry-After` in
 * seconds or as a date.
 *
 * @returns undefined if it does not say, or not understandably
 */
export function retryAfterOf(headers: Headers, now = Date.now()): number | undefined {
  const milliseconds = numberIn(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const value = headers.get("retry-after");
  const seconds = numberIn(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value ?? "");
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

function numberIn(header: string | null): number | undefined {
  return header !== null && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : undefined;
}
