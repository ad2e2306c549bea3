import { isObject } from "../check-options.ts";
import { isDate } from "../time-of.ts";
import { type SoughtKinds, soughtKindsOf } from "./filter-types.ts";

/** The metadata keys that a checked filter of LangChain looks up. */
export function keysOfFilter(filter: object): string[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    key.startsWith("$") ? [value].flat().flatMap(keysOfFilter) : [key],
  );
}

/**
 * What metadata must have to match a checked filter of LangChain. `$or` and `$not` are left out:
 * they can match for other reasons.
 */
export function soughtByFilter(filter: object): SoughtKinds[] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if (key === "$and") return condition.flatMap(soughtByFilter);
    if (key.startsWith("$")) return [];
    return choicesOf(condition).flatMap((values) => soughtKindsOf(key, values));
  });
}

/** Lists of values. A value of the metadata must be compared with one of each list. */
function choicesOf(condition: unknown): unknown[][] {
  if (Array.isArray(condition)) return [condition];
  if (!isObject(condition) || isDate(condition)) return [[condition]];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if (["$ne", "$neq", "$nin"].includes(operator)) return [];
    return [operator === "$in" ? (operand as unknown[]) : [operand]];
  });
}
