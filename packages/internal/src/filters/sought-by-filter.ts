import { isObject } from "../check-options.ts";
import { isDate } from "../time-of.ts";
import { kindsOf } from "../value-kinds.ts";
import { negatingOperators } from "./filter-operators.ts";
import { type SoughtKinds, soughtKindsOf } from "./filter-types.ts";

/** The metadata keys that a checked filter looks up. */
export function keysOfFilter(filter: object): string[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    key.startsWith("$") ? [value].flat().flatMap(keysOfFilter) : [key],
  );
}

/**
 * What metadata must have to match a checked filter. `$not` is left out, and `$or`
 * unless all its filters are about one key: they can match for other reasons.
 */
export function soughtByFilter(filter: object): SoughtKinds[] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if (key === "$and") return condition.flatMap(soughtByFilter);
    if (key === "$or") return soughtByOne(condition);
    if (key.startsWith("$")) return [];
    const ofElements = elementsOf(condition).map(
      (element): SoughtKinds => ({ key, kinds: [], elementKinds: kindsOf(element) }),
    );
    return [...choicesOf(condition).flatMap((values) => soughtKindsOf(key, values)), ...ofElements];
  });
}

/** What metadata must have to match one of these filters, if all look for values under one key. */
function soughtByOne(filters: readonly object[]): SoughtKinds[] {
  const sought = filters.map(soughtByFilter);
  const key = sought[0]?.[0]?.key;
  if (key === undefined || !sought.every((one) => one.length === 1 && one[0]!.key === key))
    return [];
  const all = <K extends "kinds" | "elementKinds">(name: K) => [
    ...new Set(sought.flatMap(([one]) => one![name] ?? [])),
  ];
  return [{ key, kinds: all("kinds"), elementKinds: all("elementKinds") }];
}

/** Lists of values. A value of the metadata must be compared with one of each list. */
function choicesOf(condition: unknown): unknown[][] {
  if (Array.isArray(condition)) return [condition];
  if (!isObject(condition) || isDate(condition)) return [[condition]];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if ([...negatingOperators, "$contains"].includes(operator)) return [];
    return [operator === "$in" ? (operand as unknown[]) : [operand]];
  });
}

/** What lists must have as elements. */
function elementsOf(condition: unknown): unknown[] {
  if (!isObject(condition) || isDate(condition)) return [];
  return Object.entries(condition).flatMap(([operator, operand]) =>
    operator === "$contains" ? [operand] : [],
  );
}
