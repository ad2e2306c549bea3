/** `setTime`, `setFullYear` and so on. */
const setters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set"));

/** Freezing a date does not stop its setters. */
class ReadOnlyDate extends Date {}

for (const name of ["constructor", ...setters]) {
  Object.defineProperty(ReadOnlyDate.prototype, name, {
    value: name === "constructor" ? Date : refuse(name),
  });
}

function refuse(name: string): () => never {
  return () => {
    throw new TypeError(`${name} cannot change a read-only Date`);
  };
}

/** Whether a value is a date of a read-only record, which counts as a date. */
export function isReadOnlyDate(value: unknown): boolean {
  return value instanceof ReadOnlyDate;
}

/**
 * Makes a stored record read-only, and returns it. This needs no copy: nothing in the store changes
 * a record. A second call costs next to nothing.
 */
export function readOnlyRecord<R>(record: R): R {
  return Object.isFrozen(record) ? record : freezePlain(record);
}

/** Freezes arrays and plain objects, from the inside out. Dates are replaced. */
export function freezePlain<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Object.freeze(new ReadOnlyDate(value.getTime())) as T;
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key];
    const frozen = freezePlain(part);
    // Only dates are replaced, so that `__proto__` needs no care.
    if (frozen !== part)
      Object.defineProperty(value, key, { value: frozen, enumerable: true, configurable: true });
  }
  return Object.freeze(value);
}
