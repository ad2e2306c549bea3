import { FaissStoreError } from "@embeddinggemma/faiss";
import type {
  FilterOperator,
  MetadataFilter,
  MetadataFilters,
} from "@llamaindex/core/vector-store";

/** Gives the value of a key of a node's metadata, and undefined for a missing one. */
type MetadataLookup = (key: string) => unknown;

/** Whether a node's metadata pass. */
export type MetadataPredicate = (lookup: MetadataLookup) => boolean;

/**
 * LlamaIndex's metadata filters as one function, with the meaning that its `SimpleVectorStore`
 * gives them: where a key is missing, `is_empty` holds and every other operator fails. Values of
 * different types are neither equal nor in an order.
 *
 * @throws `INVALID_ARGUMENT` for an operator or condition that LlamaIndex does not have, or a value
 * that the operator cannot use
 * @see
 * https://github.com/run-llama/LlamaIndexTS/blob/main/packages/llamaindex/src/vector-store/SimpleVectorStore.ts
 */
export function metadataPredicate({
  filters,
  condition = "and",
}: MetadataFilters): MetadataPredicate {
  const predicates = filters.map(filterPredicate);
  if (condition === "and") return (lookup) => predicates.every((passes) => passes(lookup));
  if (condition === "or") return (lookup) => predicates.some((passes) => passes(lookup));
  throw invalid(`The condition of metadata filters must be "and" or "or"`, condition);
}

function filterPredicate(filter: MetadataFilter): MetadataPredicate {
  const { key, operator } = filter;
  if (operator === "is_empty") return (lookup) => isEmpty(lookup(key));
  if (!Object.hasOwn(tests, operator)) {
    throw invalid(
      `The operator of a metadata filter must be one of ${Object.keys(tests).join(", ")}, is_empty`,
      operator,
    );
  }
  const test = tests[operator](filter);
  return (lookup) => {
    const value = lookup(key);
    return value !== undefined && test(value);
  };
}

type Primitive = string | number | boolean;
type ValueTest = (value: unknown) => boolean;

/** For each operator: what it asks of a value that is there. */
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
  return (value) => wanted.includes(value);
}

function not(test: ValueTest): ValueTest {
  return (value) => !test(value);
}

function compares(
  filter: MetadataFilter,
  inOrder: (value: Primitive, limit: Primitive) => boolean,
): ValueTest {
  const limit = primitive(filter);
  return (value) => typeof value === typeof limit && inOrder(value as Primitive, limit);
}

function hasAny(wanted: readonly unknown[]): ValueTest {
  return (value) => Array.isArray(value) && wanted.some((one) => value.includes(one));
}

function hasAll(wanted: readonly unknown[]): ValueTest {
  return (value) => Array.isArray(value) && wanted.every((one) => value.includes(one));
}

/** In a text the part, in a list the whole entry. */
function includesText(filter: MetadataFilter): ValueTest {
  const wanted = primitive(filter);
  return (value) =>
    typeof value === "string" ? value.includes(String(wanted)) : hasAll([wanted])(value);
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
  throw invalid(`The filter \`${key} ${operator}\` needs a string, number or boolean`, value);
}

function list({ key, operator, value }: MetadataFilter): readonly Primitive[] {
  if (Array.isArray(value) && value.every(isPrimitive)) return value;
  throw invalid(
    `The filter \`${key} ${operator}\` needs an array of strings, numbers or booleans`,
    value,
  );
}

function isPrimitive(value: unknown): value is Primitive {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function invalid(problem: string, given: unknown): FaissStoreError {
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${problem}; ${JSON.stringify(given)} was given.`,
    { given },
  );
}
