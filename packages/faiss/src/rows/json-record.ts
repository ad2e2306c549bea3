import { FaissStoreError, reasonOf, show } from "../errors.ts";

/** How many levels of arrays and objects a record may have, since `JSON.stringify` is recursive. */
export const maxRecordDepth = 500;

/**
 * Copies a record as JSON would, so that it is the same before and after a save: `undefined`
 * properties are left out, and `toJSON` is called (of a `Date`, for example).
 *
 * @throws FaissStoreError `INVALID_RECORD` with the id of the item, and the path of a value that
 * JSON cannot represent
 */
export function copyRecord<R>(record: R, id: string): R {
  try {
    return copy(record, "record", id, new Set()) as R;
  } catch (error) {
    if (FaissStoreError.isInstance(error)) throw error;
    throw new FaissStoreError(
      "INVALID_RECORD",
      `The record of item ${show(id)} could not be copied: one of its getters or toJSON() threw ` +
        `${show(reasonOf(error))}.`,
      { id, path: "record" },
      { cause: error },
    );
  }
}

/** Whether a value has more levels of arrays and objects than a record may have. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= maxRecordDepth) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some((part) => isTooDeep(part, depth + 1));
}

/** Copies a record that is known to be plain JSON and not too deep. */
export function cloneRecord<R>(record: R): R {
  if (typeof record !== "object" || record === null) return record;
  if (Array.isArray(record)) return record.map(cloneRecord) as R;
  const clone: Record<string, unknown> = {};
  for (const key of Object.keys(record))
    define(clone, key, cloneRecord((record as Record<string, unknown>)[key]));
  return clone as R;
}

/** @param parents - the objects that contain the value */
function copy(value: unknown, path: string, id: string, parents: Set<object>): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has no -0.
      if (Number.isFinite(value)) return value + 0;
      break;
    case "object":
      return value === null ? null : copyObject(value, path, id, parents);
  }
  throw notJson(value, path, id);
}

function copyObject(value: object, path: string, id: string, parents: Set<object>): unknown {
  if (parents.has(value)) throw invalid(`${path} contains itself`, path, id);
  if (parents.size >= maxRecordDepth)
    throw invalid(`${path} is nested more than ${maxRecordDepth} levels deep`, path, id);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const replacement: unknown = value.toJSON("");
    if (replacement === value) throw invalid(`${path}.toJSON() returns itself`, path, id);
    parents.add(value);
    const result = copy(replacement, path, id, parents);
    parents.delete(value);
    return result;
  }
  if (losesContent(value)) throw notJson(value, path, id);
  parents.add(value);
  let result: unknown;
  if (Array.isArray(value)) {
    result = Array.from(value, (element, position) =>
      copy(element, `${path}[${position}]`, id, parents),
    );
  } else {
    const target: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const property = (value as Record<string, unknown>)[key];
      if (property !== undefined)
        define(target, key, copy(property, `${path}.${key}`, id, parents));
    }
    result = target;
  }
  parents.delete(value);
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

/** Whether `JSON.stringify` would lose the content, as it turns a Map into `{}`. */
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

function notJson(value: unknown, path: string, id: string): FaissStoreError {
  return invalid(`${path} is ${show(value)}, which JSON cannot represent`, path, id);
}

const maxReasonLength = 300;

function invalid(reason: string, path: string, id: string): FaissStoreError {
  const end = reason.length > maxReasonLength ? `… ${reason.slice(-maxReasonLength)}` : reason;
  return new FaissStoreError(
    "INVALID_RECORD",
    `The record of item ${show(id)} cannot be stored as JSON: ${end}. Use strings, finite ` +
      "numbers, booleans, null, arrays and plain objects.",
    { id, path },
  );
}
