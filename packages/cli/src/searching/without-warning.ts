/** Runs an action. The process does not show its warnings of a code. */
export async function withoutWarning<T>(code: string, action: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...options: unknown[]) => {
    const isHidden = options.some((option) => Object(option).code === code);
    if (!isHidden) Reflect.apply(emitWarning, process, [warning, ...options]);
  };
  try {
    return await action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
