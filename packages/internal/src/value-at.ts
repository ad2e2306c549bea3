import { isRecord } from "./check-options.ts";

/**
 * The value under a key. A key with dots also leads into nested values; a key that the data have in
 * one piece takes precedence.
 */
export function valueAt(data: unknown, key: string): unknown {
  if (!isRecord(data)) return undefined;
  if (hasKey(data, key)) return data[key];
  for (let dot = key.indexOf("."); dot !== -1; dot = key.indexOf(".", dot + 1)) {
    const first = key.slice(0, dot);
    const value = hasKey(data, first) ? valueAt(data[first], key.slice(dot + 1)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Not the `length` of an array, nor what is inherited. */
function hasKey(data: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(data, key);
}
