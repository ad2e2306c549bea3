import { isObject } from "../check-options.ts";
import { valueAt } from "../value-at.ts";
import { FilterFault, inexpressible } from "./filter-fault.ts";
import {
  anyValue,
  type FilterOperators,
  type FilterValue,
  noValue,
  operatorNames,
  type ValueTest,
  valueTests,
} from "./filter-operators.ts";

/**
 * What the metadata of a document must be, as in LangChain for Python: keys with a value, with a
 * list of values of which one must match, or with operators such as `$gte`. All keys must match.
 * `$and`, `$or` and `$not` combine filters.
 *
 * A key such as `author.name` is looked up in nested metadata, unless the metadata has exactly this
 * key.
 *
 * @example
 * { lang: ["en", "de"], year: { $gte: 1990, $lt: 2000 }, "author.name": "Sagan" }
 * @example
 * { $or: [{ lang: "en" }, { $not: { topic: "space" } }] }
 */
export type MetadataFilter =
  | { readonly [key: string]: FilterValue | readonly FilterValue[] | FilterOperators }
  | CombinedFilters;

/** Filters that are combined. */
export interface CombinedFilters {
  /** All of these filters must match. */
  readonly $and?: readonly MetadataFilter[];
  /** One of these filters must match. */
  readonly $or?: readonly MetadataFilter[];
  /** This filter must not match. */
  readonly $not?: MetadataFilter;
}

/** Whether metadata match a filter. */
export type MetadataPredicate = (metadata: object) => boolean;

/** The predicate of a filter that says nothing, such as `{}`. */
export const everything: MetadataPredicate = () => true;

const nothing: MetadataPredicate = () => false;

/** Deeper filters are refused before the call stack overflows. */
const maxDepth = 100;

/**
 * Turns a filter into a function, which no later change of the filter affects.
 *
 * @param errorFor - the package's error for an invalid argument
 * @returns {@link everything} for a filter that all metadata match
 * @throws what `errorFor` returns, for anything that is not a {@link MetadataFilter}
 */
export function metadataPredicate(
  filter: MetadataFilter,
  errorFor: (fault: FilterFault) => Error,
): MetadataPredicate {
  try {
    return predicateOf(filter, "A filter", 0);
  } catch (error) {
    throw error instanceof FilterFault ? errorFor(error) : error;
  }
}

function predicateOf(filter: unknown, name: string, depth: number): MetadataPredicate {
  // A `Map` or a `Date`, for example, has no keys to compare, so every document would pass.
  if (!isObject(filter)) throw new FilterFault(name, filter, "an object");
  if (depth > maxDepth)
    throw new FilterFault(name, filter, `nested at most ${maxDepth} levels deep`);
  return allOf(
    Object.entries(filter).map(([key, value]) =>
      key.startsWith("$") ? combined(key, value, depth + 1) : atKey(key, valueTests(key, value)),
    ),
  );
}

function combined(operator: string, operand: unknown, depth: number): MetadataPredicate {
  if (operator === "$not") return not(predicateOf(operand, "$not of a filter", depth));
  if (operator !== "$and" && operator !== "$or") throw misplaced(operator);
  if (!Array.isArray(operand))
    throw new FilterFault(`${operator} of a filter`, operand, "an array of filters");
  const predicates = Array.from(operand, (filter, position) =>
    predicateOf(filter, `${operator}[${position}] of a filter`, depth),
  );
  return operator === "$and" ? allOf(predicates) : not(allOf(predicates.map(not)));
}

function allOf(predicates: readonly MetadataPredicate[]): MetadataPredicate {
  const needed = predicates.filter((predicate) => predicate !== everything);
  if (needed.includes(nothing)) return nothing;
  if (needed.length <= 1) return needed[0] ?? everything;
  return (metadata) => needed.every((predicate) => predicate(metadata));
}

function not(predicate: MetadataPredicate): MetadataPredicate {
  if (predicate === everything) return nothing;
  if (predicate === nothing) return everything;
  return (metadata) => !predicate(metadata);
}

function atKey(key: string, tests: readonly ValueTest[]): MetadataPredicate {
  const needed = tests.filter((test) => test !== anyValue);
  if (needed.includes(noValue)) return nothing;
  if (needed.length === 0) return everything;
  return (metadata) => {
    const value = valueAt(metadata, key) ?? null;
    return needed.every((test) => test(value));
  };
}

function misplaced(operator: string): FilterFault {
  const expected = `one of $and, $or, $not, or, for a key, one of ${operatorNames.join(", ")}`;
  const advice = operatorNames.includes(operator)
    ? `Write it under a key, such as { year: { ${operator}: 1969 } }.`
    : inexpressible;
  return new FilterFault("A filter's operator", operator, expected, advice);
}
