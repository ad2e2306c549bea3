import { isDate, isRecord, isSameValue, type Rules, rules, timeOf } from "@embeddinggemma/internal";
import { type SoughtKinds, soughtKindsOf } from "@embeddinggemma/internal/filters";
import type {
  FilterOperator,
  MetadataFilter,
  MetadataFilters,
} from "@llamaindex/core/vector-store";
import { storeChecker } from "./check-options.ts";

const { checkOptions, invalidArgument } = storeChecker;

const { anything } = rules;
const groupRules: Rules<MetadataFilters> = { filters: anything, condition: anything };
const filterRules: Rules<MetadataFilter> = { key: anything, operator: anything, value: anything };

/** Returns the value of a node's metadata under a key; undefined for a missing key. */
type MetadataLookup = (key: string) => unknown;

/** Returns whether a node's metadata pass the filters. */
export type MetadataPredicate = (lookup: MetadataLookup) => boolean;

/**
 * Turns LlamaIndex's metadata filters into one function. They may be nested, as in LlamaIndex
 * (Python). They mean the same as in LlamaIndex's `SimpleVectorStore`: a missing key passes
 * `is_empty` and fails every other operator. Values of different types are never equal, and `<` and
 * `>` do not compare them. A `Date` is compared by its time, with another `Date` or with a string
 * of ISO 8601, such as `2024-05-01`.
 *
 * @throws `INVALID_ARGUMENT` for an unknown operator or condition, or a value that the operator
 * cannot use
 * @see
 * https://github.com/run-llama/LlamaIndexTS/blob/main/packages/llamaindex/src/vector-store/SimpleVectorStore.ts
 */
export function metadataPredicate(metadataFilters: MetadataFilters): MetadataPredicate {
  if (!isRecord(metadataFilters) || !Array.isArray(metadataFilters.filters))
    throw invalidArgument("filters", metadataFilters, "an object with an array `filters`");
  checkOptions(metadataFilters, groupRules);
  const { filters, condition = "and" } = metadataFilters;
  const predicates = filters.map(filterPredicate);
  if (condition === "and") return (lookup) => predicates.every((passes) => passes(lookup));
  if (condition === "or") return (lookup) => predicates.some((passes) => passes(lookup));
  throw invalidArgument("The condition of metadata filters", condition, '"and" or "or"');
}

/** The metadata keys that checked filters look up. */
export function keysOf({ filters }: MetadataFilters): string[] {
  return filters.flatMap((filter) =>
    "filters" in filter ? keysOf(filter as unknown as MetadataFilters) : [filter.key],
  );
}

/**
 * What metadata must have to pass checked filters. Those that are combined by `or` are left out:
 * metadata can pass for other reasons.
 */
export function soughtKinds({ filters, condition = "and" }: MetadataFilters): SoughtKinds[] {
  if (condition !== "and") return [];
  return filters.flatMap((filter) =>
    "filters" in filter ? soughtKinds(filter as unknown as MetadataFilters) : soughtBy(filter),
  );
}

/** What to do about values that are no lists, or lists, for {@link soughtKinds}. */
export const typeAdvice = {
  lists: "For a value in a list, use the operator `contains`, `any` or `all`.",
  noLists:
    "For values that are no lists, use the operator `==` or `in`; for a part of a text, " +
    "`text_match`.",
};

const textAdvice = "`text_match` looks for a part of a text. For other values, use `==` or `in`.";

function soughtBy({ key, operator, value }: MetadataFilter): SoughtKinds[] {
  switch (operator) {
    case "!=":
    case "nin":
    case "is_empty":
      return [];
    case "any":
    case "all":
    case "contains":
      return [{ key, kinds: ["list"] }];
    case "text_match":
      return [{ key, kinds: ["string", "date", "list"], advice: textAdvice }];
    default:
      return soughtKindsOf(key, [value].flat());
  }
}

function filterPredicate(filter: MetadataFilter | MetadataFilters): MetadataPredicate {
  if (!isRecord(filter))
    throw invalidArgument("A metadata filter", filter, "an object { key, operator, value }");
  if ("filters" in filter) return metadataPredicate(filter as MetadataFilters);
  checkOptions(filter, filterRules);
  const { key, operator } = filter;
  if (operator === "is_empty") return (lookup) => isEmpty(lookup(key));
  if (!Object.hasOwn(tests, operator)) {
    const expected = `one of ${Object.keys(tests).join(", ")}, is_empty`;
    throw invalidArgument("The operator of a metadata filter", operator, expected);
  }
  const test = tests[operator](filter);
  return (lookup) => {
    const value = lookup(key);
    return value !== undefined && test(value);
  };
}

type Primitive = string | number | boolean | Date;
type ValueTest = (value: unknown) => boolean;

/** Tests of each operator for the value of a key that is not missing. */
const tests: Record<
  Exclude<`${FilterOperator}`, "is_empty">,
  (filter: MetadataFilter) => ValueTest
> = {
  "==": (filter) => isOneOf([primitive(filter)]),
  "!=": (filter) => not(isOneOf([primitive(filter)])),
  in: (filter) => isOneOf(list(filter)),
  nin: (filter) => not(isOneOf(list(filter))),
  ">": (filter) => compares(filter, (value, limit) => value > limit),
  ">=": (filter) => compares(filter, (value, limit) => value >= limit),
  "<": (filter) => compares(filter, (value, limit) => value < limit),
  "<=": (filter) => compares(filter, (value, limit) => value <= limit),
  any: (filter) => hasAny(list(filter)),
  all: (filter) => hasAll(list(filter)),
  contains: (filter) => hasAll([primitive(filter)]),
  text_match: (filter) => includesText(filter),
};

function isOneOf(wanted: readonly unknown[]): ValueTest {
  return (value) => includes(wanted, value);
}

function not(test: ValueTest): ValueTest {
  return (value) => !test(value);
}

function compares(
  filter: MetadataFilter,
  inOrder: (value: Primitive, limit: Primitive) => boolean,
): ValueTest {
  const limit = primitive(filter);
  return (value) => {
    if (!isDate(value) && !isDate(limit))
      return typeof value === typeof limit && inOrder(value as Primitive, limit);
    const time = timeOf(value);
    const limitTime = timeOf(limit);
    return time !== undefined && limitTime !== undefined && inOrder(time, limitTime);
  };
}

function hasAny(wanted: readonly unknown[]): ValueTest {
  return (value) => Array.isArray(value) && wanted.some((one) => includes(value, one));
}

function hasAll(wanted: readonly unknown[]): ValueTest {
  return (value) => Array.isArray(value) && wanted.every((one) => includes(value, one));
}

function includes(values: readonly unknown[], wanted: unknown): boolean {
  return values.some((value) => isSameValue(value, wanted));
}

/** Finds a part of a string or of a date as ISO 8601, or an entry of an array. */
function includesText(filter: MetadataFilter): ValueTest {
  const wanted = primitive(filter);
  return (value) => {
    const text = textOf(value);
    return typeof text === "string"
      ? text.includes(String(textOf(wanted)))
      : hasAll([wanted])(value);
  };
}

function textOf(value: unknown): unknown {
  return isDate(value) ? value.toISOString() : value;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}

function primitive({ key, operator, value }: MetadataFilter): Primitive {
  if (isPrimitive(value)) return value;
  throw invalidArgument(valueIn(key, operator), value, "a string, number, boolean or valid Date");
}

function list({ key, operator, value }: MetadataFilter): readonly Primitive[] {
  if (Array.isArray(value) && value.every(isPrimitive)) return value;
  const expected = "an array of strings, numbers, booleans or valid dates";
  throw invalidArgument(valueIn(key, operator), value, expected);
}

function isPrimitive(value: unknown): value is Primitive {
  if (isDate(value)) return !Number.isNaN(value.getTime());
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function valueIn(key: string, operator: string): string {
  return `The value of the filter \`${key} ${operator}\``;
}
