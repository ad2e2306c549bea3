/**
 * Prints what is wrong, and lets the check fail in the end.
 *
 * @param {string} message
 */
export function complain(message) {
  console.error(message);
  process.exitCode = 1;
}
