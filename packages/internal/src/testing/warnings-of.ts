import { setImmediate as nextTurn } from "node:timers/promises";

/** The warnings of the process while an action runs. */
export async function warningsOf(
  action: () => unknown,
): Promise<(Error & { readonly code?: string })[]> {
  const warnings: Error[] = [];
  const listener = (warning: Error) => void warnings.push(warning);
  process.on("warning", listener);
  try {
    await action();
    await nextTurn(); // Node emits them a little later.
  } finally {
    process.off("warning", listener);
  }
  return warnings;
}
