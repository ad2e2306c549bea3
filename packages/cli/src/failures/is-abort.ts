/** Whether an error says that Ctrl-C ended the work. Others can come after Ctrl-C, too. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof Error && error.name === "AbortError";
}
