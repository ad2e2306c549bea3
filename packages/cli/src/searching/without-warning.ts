/** Runs an action. The process does not show its warnings of these codes. */
export async function withoutWarning<T>(
  codes: readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...options: unknown[]) => {
    const isHidden = options.some((option) => codes.includes(Object(option).code));
    if (!isHidden) Reflect.apply(emitWarning, process, [warning, ...options]);
  };
  try {
    return await action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
