import type { Logger } from "./logs.ts";

/**
 * Sends warnings of the process to the log instead of standard error, until it is disposed. Where
 * nothing listens to warnings, as with `--no-warnings`, they stay silent.
 */
export function logWarnings(logger: Pick<Logger, "warn">): Disposable {
  const listeners = process.listeners("warning");
  if (listeners.length === 0) return { [Symbol.dispose]: () => {} };
  const log = (warning: Error & { code?: string }) => {
    const { name, code, message } = warning;
    logger.warn({ warning: name, ...(code !== undefined && { code }) }, message);
  };
  process.removeAllListeners("warning");
  process.on("warning", log);
  return {
    [Symbol.dispose]: () => {
      process.off("warning", log);
      for (const listener of listeners) process.on("warning", listener);
    },
  };
}
