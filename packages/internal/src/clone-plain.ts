/**
 * A deep copy of JSON values and dates. Much faster than `structuredClone`, and it keeps a key
 * named `__proto__`. For values that are known to be no deeper than the stack allows.
 */
export function clonePlain<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clonePlain) as T;
  if (value instanceof Date) return new Date(value.getTime()) as T;
  const clone: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    defineProperty(clone, key, clonePlain((value as Record<string, unknown>)[key]));
  return clone as T;
}

/** Sets a property. An assignment to `__proto__` would set the prototype instead. */
export function defineProperty(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else (target as Record<string, unknown>)[key] = value;
}
