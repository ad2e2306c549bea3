/**
 * Tells the user in one line what the set-up does. On stderr, so that the output of the command
 * that follows stays clean.
 *
 * @param {string} line
 */
export function report(line) {
  console.error(`setup: ${line}`);
}

/**
 * Seconds since `start` (a `performance.now()`), for a report.
 *
 * @param {number} start
 */
export function elapsed(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
