import { isDate, isObject, timeOf, valueAt } from "@embeddinggemma/internal";
import type { MetadataFilter } from "./document-filter.ts";

type Kind = "string" | "number" | "boolean" | "date" | "list" | "object";

/** What a filter says some values are not. Values of other kinds pass, whatever they are. */
export interface NegatedKinds {
  /** The key of the metadata. */
  readonly key: string;
  /** Kinds of which a value is never equal to one of another kind, nor greater or less. */
  readonly kinds: readonly Kind[];
}

/** What a checked filter compares in `$ne`, `$nin` and `$not`, except null. */
export function negatedKinds(filter: MetadataFilter): NegatedKinds[] {
  const all = negatedValues(filter, false).map(({ key, value }) => ({
    key,
    kinds: kindsOf(value),
  }));
  const distinct = new Map(all.map((one) => [JSON.stringify(one), one]));
  return [...distinct.values()].filter(({ kinds }) => kinds.length > 0);
}

/** Whether metadata have a value of such a kind under the key. */
export function hasKind(metadata: object, { key, kinds }: NegatedKinds): boolean {
  return kindsOf(valueAt(metadata, key)).some((kind) => kinds.includes(kind));
}

function negatedValues(
  filter: MetadataFilter,
  isNegated: boolean,
): { key: string; value: unknown }[] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if (key === "$not") return negatedValues(condition, true);
    if (key.startsWith("$"))
      return condition.flatMap((part: MetadataFilter) => negatedValues(part, isNegated));
    return valuesOf(condition, isNegated).map((value) => ({ key, value }));
  });
}

function valuesOf(condition: unknown, isNegated: boolean): unknown[] {
  if (Array.isArray(condition)) return isNegated ? condition : [];
  if (!isObject(condition) || isDate(condition)) return isNegated ? [condition] : [];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if (!isNegated && !["$ne", "$neq", "$nin"].includes(operator)) return [];
    return operator === "$in" || operator === "$nin" ? (operand as unknown[]) : [operand];
  });
}

/** None for null. A string of ISO 8601 is compared with dates, too. */
function kindsOf(value: unknown): Kind[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return ["list"];
  if (isDate(value)) return ["date"];
  if (typeof value === "string")
    return timeOf(value) === undefined ? ["string"] : ["string", "date"];
  return [typeof value as "number" | "boolean" | "object"];
}
