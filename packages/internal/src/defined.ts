/** A copy without the undefined values, so that a spread of it overrides nothing with undefined. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
