import { FaissStoreError, reasonOf, show } from "../errors.ts";

/** How many arrays and objects may contain each other: `JSON.stringify` is recursive. */
export const maxRecordDepth = 500;

/**
 * A copy of a record as JSON stores it: `undefined` properties are left out and `toJSON` (of a
 * `Date`, for example) is called now, so that a record reads the same before and after it is saved.
 *
 * @throws FaissStoreError `INVALID_RECORD` names the id, and the path of a value that JSON has no
 * form for
 */
export function copyRecord<R>(record: R, id: string): R {
  try {
    return copy(record, "record", id, new Set()) as R;
  } catch (error) {
    if (FaissStoreError.isInstance(error)) throw error;
    throw new FaissStoreError(
      "INVALID_RECORD",
      `The record of item ${show(id)} cannot be read: a getter or toJSON() of it threw ` +
        `${show(reasonOf(error))}.`,
      { id, path: "record" },
      { cause: error },
    );
  }
}

/** Whether arrays and objects in a value are nested deeper than a record may be. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= maxRecordDepth) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some((part) => isTooDeep(part, depth + 1));
}

/** A copy of a record that is known to be plain JSON, and not too deep. */
export function cloneRecord<R>(record: R): R {
  if (typeof record !== "object" || record === null) return record;
  if (Array.isArray(record)) return record.map(cloneRecord) as R;
  const clone: Record<string, unknown> = {};
  for (const key of Object.keys(record))
    define(clone, key, cloneRecord((record as Record<string, unknown>)[key]));
  return clone as R;
}

function copy(value: unknown, path: string, id: string, above: Set<object>): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has no -0.
      if (Number.isFinite(value)) return value + 0;
      break;
    case "object":
      return value === null ? null : copyObject(value, path, id, above);
  }
  throw unstorable(value, path, id);
}

function copyObject(value: object, path: string, id: string, above: Set<object>): unknown {
  if (above.has(value)) throw invalid(`${path} contains itself`, path, id);
  if (above.size >= maxRecordDepth)
    throw invalid(`${path} is nested more than ${maxRecordDepth} levels deep`, path, id);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const replacement: unknown = value.toJSON("");
    if (replacement === value) throw invalid(`${path}.toJSON() returns itself`, path, id);
    above.add(value);
    const result = copy(replacement, path, id, above);
    above.delete(value);
    return result;
  }
  if (losesContent(value)) throw unstorable(value, path, id);
  above.add(value);
  let result: unknown;
  if (Array.isArray(value)) {
    result = Array.from(value, (element, position) =>
      copy(element, `${path}[${position}]`, id, above),
    );
  } else {
    const target: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const property = (value as Record<string, unknown>)[key];
      if (property !== undefined) define(target, key, copy(property, `${path}.${key}`, id, above));
    }
    result = target;
  }
  above.delete(value);
  return result;
}

/** An assignment to `__proto__` would set the prototype instead. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else target[key] = value;
}

/** Objects that `JSON.stringify` turns into `{}` or something else that is not them. */
function losesContent(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof Map ||
    value instanceof Set ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof RegExp ||
    value instanceof Error ||
    value instanceof Promise ||
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean
  );
}

function unstorable(value: unknown, path: string, id: string): FaissStoreError {
  return invalid(`${path} is ${show(value)}, which JSON has no form for`, path, id);
}

const maxMessagePart = 300;

function invalid(what: string, path: string, id: string): FaissStoreError {
  const part = what.length > maxMessagePart ? `… ${what.slice(-maxMessagePart)}` : what;
  return new FaissStoreError(
    "INVALID_RECORD",
    `A record is stored as JSON, but in item ${show(id)} ${part}. Store a string, ` +
      "a finite number, a boolean, null, an array or a plain object there.",
    { id, path },
  );
}
