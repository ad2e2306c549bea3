import { isDate, timeOf } from "./time-of.ts";

/** A value is never equal to one of another kind, nor greater or less. */
export type ValueKind = "string" | "number" | "boolean" | "date" | "list" | "object";

/**
 * The kinds of a value of metadata or of a filter, the main one first. None for null. A string of
 * ISO 8601 is compared with dates, too.
 */
export function kindsOf(value: unknown): ValueKind[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return ["list"];
  if (isDate(value)) return ["date"];
  if (typeof value === "string")
    return timeOf(value) === undefined ? ["string"] : ["string", "date"];
  return [typeof value as "number" | "boolean" | "object"];
}

/** The kinds of the elements of a list; none for any other value. */
export function elementKindsOf(value: unknown): ValueKind[] {
  return Array.isArray(value) ? [...new Set(value.flatMap(kindsOf))] : [];
}
