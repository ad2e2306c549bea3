import { isObject, valueAt } from "@embeddinggemma/internal";
import type { DocumentInterface } from "@langchain/core/documents";
import { storeChecker } from "./check-options.ts";
import {
  anyValue,
  type FilterOperators,
  type FilterValue,
  needsFunction,
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

/**
 * Chooses documents: a function that returns true for the documents you want, or an object that
 * says what their metadata must be.
 *
 * @example
 * (document) => document.pageContent.length > 100 && document.metadata.lang === "en"
 * @example
 * { lang: "en", year: { $gte: 1990 } }
 */
export type DocumentFilter = ((document: DocumentInterface) => boolean) | MetadataFilter;

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
 * @returns {@link everything} for a filter that all metadata match
 * @throws `INVALID_ARGUMENT` for anything that is not a {@link MetadataFilter}
 */
export function metadataPredicate(filter: MetadataFilter): MetadataPredicate {
  return predicateOf(filter, "A filter", 0);
}

function predicateOf(filter: unknown, name: string, depth: number): MetadataPredicate {
  // A `Map` or a `Date`, for example, has no keys to compare, so every document would pass.
  if (!isObject(filter)) {
    const expected = depth === 0 ? "a function or an object" : "an object";
    throw storeChecker.invalidArgument(name, filter, expected);
  }
  if (depth > maxDepth)
    throw storeChecker.invalidArgument(name, filter, `nested at most ${maxDepth} levels deep`);
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
    throw storeChecker.invalidArgument(`${operator} of a filter`, operand, "an array of filters");
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

function misplaced(operator: string): Error {
  const name = "A filter's operator";
  const expected = `one of $and, $or, $not, or, for a key, one of ${operatorNames.join(", ")}`;
  if (!operatorNames.includes(operator)) return needsFunction(name, operator, expected);
  const advice = `Write it under a key, such as { year: { ${operator}: 1969 } }.`;
  return storeChecker.invalidArgument(name, operator, expected, advice);
}
