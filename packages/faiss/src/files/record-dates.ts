import { defineProperty } from "@embeddinggemma/internal";
import { markDates } from "../rows/json-record.ts";

/** The keys that lead from a record to a `Date` in it. */
export type DatePath = (string | number)[];

/** Where a record has dates. */
export function datePaths(record: unknown): DatePath[] {
  const paths: DatePath[] = [];
  collect(record, [], paths);
  return paths;
}

function collect(value: unknown, path: DatePath, paths: DatePath[]): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Date) paths.push(path);
  else if (Array.isArray(value))
    for (const [position, part] of value.entries()) collect(part, [...path, position], paths);
  else for (const [key, part] of Object.entries(value)) collect(part, [...path, key], paths);
}

/**
 * Turns the strings at the paths back into dates.
 *
 * @returns undefined if the paths are not such as a save writes
 */
export function restoreDates<R>(record: R, paths: unknown): { record: R } | undefined {
  if (!Array.isArray(paths) || paths.length === 0) return undefined;
  const root = { record };
  for (const path of paths) {
    if (!Array.isArray(path)) return undefined;
    const keys = ["record", ...path];
    const last = keys.pop();
    let parent: unknown = root;
    for (const key of keys) parent = partOf(parent, key);
    const date = dateOf(partOf(parent, last));
    if (!date) return undefined;
    defineProperty(parent as object, last, date);
  }
  markDates(root.record as object);
  return root;
}

/** An own property, which `__proto__` is not unless the JSON has such a key. */
function partOf(parent: unknown, key: unknown): unknown {
  const isKey = typeof key === (Array.isArray(parent) ? "number" : "string");
  if (!isKey || typeof parent !== "object" || parent === null) return undefined;
  return Object.hasOwn(parent, key as string)
    ? (parent as Record<string, unknown>)[key as string]
    : undefined;
}

function dateOf(text: unknown): Date | undefined {
  if (typeof text !== "string") return undefined;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : undefined;
}
