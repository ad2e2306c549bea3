import { escapeControls } from "@embeddinggemma/internal";
import { inFlags } from "./in-flags.ts";
import type { Logger } from "./logs.ts";

type Warning = Error & { readonly code?: string; readonly detail?: string };

/**
 * Sends warnings of the process to the log instead of standard error, until it is disposed. Flags
 * of Node have the effect that they have without a log: where nothing listens to warnings, as with
 * `--no-warnings`, they stay silent.
 */
export function logWarnings(logger: Pick<Logger, "warn">): Disposable {
  const listeners = process.listeners("warning");
  if (listeners.length === 0) return { [Symbol.dispose]: () => {} };
  const disabled = disabledWarnings();
  const log = (warning: Warning) => {
    const { name, code, detail, stack, message } = warning;
    if (disabled.has(name) || (code !== undefined && disabled.has(code))) return;
    const fields = {
      warning: name,
      ...(code !== undefined && { code }),
      ...(detail !== undefined && { detail }),
      ...(isTraced(warning) && { stack }),
    };
    // Clients can send names with line breaks.
    logger.warn(fields, escapeControls(inFlags(message)));
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

/** The codes and names of `--disable-warning`, which Node's own listener leaves out. */
function disabledWarnings(): ReadonlySet<string> {
  const flags = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  return new Set(Array.from(flags.matchAll(/--disable-warning[= ]"?([^\s"]+)/g), ([, of]) => of!));
}

/** `--trace-warnings` and `--trace-deprecation`. */
function isTraced({ name }: Warning): boolean {
  const { traceDeprecation, traceProcessWarnings } = process as {
    traceProcessWarnings?: boolean;
  } & NodeJS.Process;
  return traceProcessWarnings === true || (name === "DeprecationWarning" && traceDeprecation);
}
