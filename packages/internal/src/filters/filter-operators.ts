import { isObject } from "../check-options.ts";
import { isDate, isSameValue, timeOf } from "../time-of.ts";
import { FilterFault, inexpressible } from "./filter-fault.ts";
import { combinerMeant, operatorAdvice } from "./operator-advice.ts";

/**
 * A value that a key of the metadata can be compared with. A date in the metadata equals a `Date`,
 * or a string of ISO 8601, of the same time. `null` also stands for a missing key.
 */
export type FilterValue = string | number | boolean | null | Date;

/** What a key of the metadata is compared with. All operators of one key must match. */
export interface FilterOperators {
  /** Equals this value. An array equals a list of the same values. */
  readonly $eq?: FilterValue | readonly FilterValue[];
  /** Does not equal this value. Also true if the key is missing, unless the value is null. */
  readonly $ne?: FilterValue | readonly FilterValue[];
  /** LangChain for Python's name of `$ne`. */
  readonly $neq?: FilterValue | readonly FilterValue[];
  /** Is greater. Numbers, strings and dates are compared, each with its own kind only. */
  readonly $gt?: string | number | Date;
  /** Is greater or equal. */
  readonly $gte?: string | number | Date;
  /** Is less. */
  readonly $lt?: string | number | Date;
  /** Is less or equal. */
  readonly $lte?: string | number | Date;
  /** Equals one of these values. */
  readonly $in?: readonly (FilterValue | readonly FilterValue[])[];
  /** Equals none of these values. Also true if the key is missing, unless null is one of them. */
  readonly $nin?: readonly (FilterValue | readonly FilterValue[])[];
  /** Is a list that has this value. */
  readonly $contains?: Exclude<FilterValue, null>;
}

/** Tests the value of a key; null for a missing one. */
export type ValueTest = (value: unknown) => boolean;

/** A test that every value passes, such as that of an empty `$nin`. */
export const anyValue: ValueTest = () => true;

/** A test that no value passes, such as that of an empty `$in`. */
export const noValue: ValueTest = () => false;

/** The operators of a key. Each makes a test from its operand. `name` is for errors. */
const operators: Readonly<Record<string, (operand: unknown, name: string) => ValueTest>> = {
  $eq: (operand, name) => isOneOf([valueOrList(operand, name)]),
  $ne: (operand, name) => isNoneOf([valueOrList(operand, name)]),
  $neq: (operand, name) => isNoneOf([valueOrList(operand, name)]),
  $gt: (operand, name) => inOrder(operand, name, (value, limit) => value > limit),
  $gte: (operand, name) => inOrder(operand, name, (value, limit) => value >= limit),
  $lt: (operand, name) => inOrder(operand, name, (value, limit) => value < limit),
  $lte: (operand, name) => inOrder(operand, name, (value, limit) => value <= limit),
  $in: (operand, name) => isOneOf(listOf(operand, name)),
  $nin: (operand, name) => isNoneOf(listOf(operand, name)),
  $contains: (operand, name) => isListWith(elementOf(operand, name)),
};

/** The operators that are true for all other values. */
export const negatingOperators: readonly string[] = ["$ne", "$neq", "$nin"];

/** The names of the operators, for errors. */
export const operatorNames = Object.keys(operators);

/**
 * Turns what a filter says of one key into tests, all of which must pass: a value, a list of
 * values, one of which must match, or operators.
 *
 * @throws FilterFault
 */
export function valueTests(key: string, condition: unknown): ValueTest[] {
  const name = `The filter value of ${JSON.stringify(key)}`;
  if (Array.isArray(condition)) {
    const combiner = combinerMeant(key);
    if (combiner !== undefined && condition.some(isObject))
      throw new FilterFault(name, condition, "values", `Did you mean ${combiner}?`);
    return [isOneOf(listOf(condition, name))];
  }
  if (!isObject(condition) || isDate(condition)) return [isOneOf([single(condition, name)])];
  const entries = Object.entries(condition);
  if (entries.length === 0)
    throw invalid(name, condition, "a value or an object with at least one operator");
  return entries.map(([operator, operand]) => {
    if (!Object.hasOwn(operators, operator)) throw unknownOperator(key, operator, condition);
    return operators[operator]!(operand, `The filter value of ${JSON.stringify(key)} ${operator}`);
  });
}

function isOneOf(wanted: readonly unknown[]): ValueTest {
  if (wanted.length === 0) return noValue;
  return (value) => wanted.some((one) => isSame(value, one));
}

function isNoneOf(wanted: readonly unknown[]): ValueTest {
  if (wanted.length === 0) return anyValue;
  return (value) => !wanted.some((one) => isSame(value, one));
}

function isListWith(wanted: unknown): ValueTest {
  return (value) => Array.isArray(value) && value.some((one) => isSameValue(one, wanted));
}

function isSame(value: unknown, wanted: unknown): boolean {
  if (!Array.isArray(wanted)) return isSameValue(value, wanted);
  if (!Array.isArray(value) || value.length !== wanted.length) return false;
  return wanted.every((one, position) => isSame(value[position], one));
}

type Ordered = string | number;

/** Values that cannot be compared, such as a string and a number, fail every comparison. */
function inOrder(
  operand: unknown,
  name: string,
  compare: (value: Ordered, limit: Ordered) => boolean,
): ValueTest {
  const limit = isComparable(operand) ? ownValue(operand) : undefined;
  if (limit === undefined) throw invalid(name, operand, "a string, number or valid Date");
  return (value) => {
    if (!isDate(value) && !isDate(limit))
      return typeof value === typeof limit && compare(value as Ordered, limit as Ordered);
    const time = timeOf(value);
    const limitTime = timeOf(limit);
    return time !== undefined && limitTime !== undefined && compare(time, limitTime);
  };
}

function listOf(operand: unknown, name: string): unknown[] {
  if (!Array.isArray(operand)) throw invalid(name, operand, "an array of values");
  return Array.from(operand, (value, position) => valueOrList(value, `${name}[${position}]`));
}

function valueOrList(operand: unknown, name: string): unknown {
  if (!Array.isArray(operand)) return single(operand, name);
  return Array.from(operand, (value, position) => single(value, `${name}[${position}]`));
}

function elementOf(operand: unknown, name: string): unknown {
  if (operand === null) throw invalid(name, operand, "a string, number, boolean or valid Date");
  if (!Array.isArray(operand)) return single(operand, name);
  const advice = "For several values, combine filters with $or or $and.";
  throw new FilterFault(name, operand, "a value", advice);
}

function single(operand: unknown, name: string): unknown {
  const isValue = operand === null || typeof operand === "boolean" || isComparable(operand);
  if (isValue) return ownValue(operand);
  throw invalid(name, operand, "a string, number, boolean, valid Date or null", undefinedHint);
}

function isComparable(value: unknown): boolean {
  if (isDate(value)) return !Number.isNaN(value.getTime());
  return typeof value === "string" || (typeof value === "number" && !Number.isNaN(value));
}

/** The caller may change a date later. */
function ownValue(value: unknown): unknown {
  return isDate(value) ? new Date(value.getTime()) : value;
}

const undefinedHint = (value: unknown) =>
  value === undefined ? "For a missing key, use null." : undefined;

function invalid(
  name: string,
  value: unknown,
  expected: string,
  hint?: (value: unknown) => string | undefined,
): FilterFault {
  return new FilterFault(name, value, expected, hint?.(value) ?? inexpressible);
}

function unknownOperator(key: string, operator: string, condition: object): FilterFault {
  const name = `An operator for ${JSON.stringify(key)}`;
  const expected = `one of ${operatorNames.join(", ")}`;
  const advice = operatorAdvice(key, operator, condition, operatorNames);
  return new FilterFault(name, operator, expected, advice ?? inexpressible);
}
