/**
 * Prints one line about what the set-up does. Prints to stderr, because stdout is for the command
 * that follows.
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
