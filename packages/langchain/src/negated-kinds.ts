import { isDate, isObject, kindsOf, type ValueKind, valueAt } from "@embeddinggemma/internal";
import type { MetadataFilter } from "./document-filter.ts";

/** What a filter says some values are not. Values of other kinds pass, whatever they are. */
export interface NegatedKinds {
  /** The key of the metadata. */
  readonly key: string;
  readonly kinds: readonly ValueKind[];
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
    if (operator === "$in" || operator === "$nin") return operand as unknown[];
    return operator === "$contains" ? [[operand]] : [operand];
  });
}
