/** Without the keys whose value is undefined, so that a spread does not override with them. */
export function defined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
