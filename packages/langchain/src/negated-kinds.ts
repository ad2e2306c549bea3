import { isDate, isObject, kindsOf, type ValueKind, valueAt } from "@embeddinggemma/internal";
import type { MetadataFilter } from "./document-filter.ts";

/** What a filter says that some values are not. Values of other kinds pass, whatever they are. */
export interface NegatedKinds {
  /** The key of the metadata. */
  readonly key: string;
  readonly kinds: readonly ValueKind[];
}

/** Why a negation does not leave out what it names. */
export interface NegationFault extends NegatedKinds {
  /** Whether there are lists, which are never equal to a value. */
  readonly hasLists: boolean;
}

/**
 * Notes, while a filter runs, what is under the keys that it negates with `$ne`, `$nin` and `$not`.
 * Null counts as none.
 */
export class Negations {
  readonly #negated: readonly NegatedKinds[];
  readonly #found: ReadonlyMap<string, Set<ValueKind>>;

  /** @param filter - a checked filter */
  constructor(filter: MetadataFilter) {
    this.#negated = negatedValues(filter, false)
      .map(({ key, value }) => ({ key, kinds: kindsOf(value) }))
      .filter(({ kinds }) => kinds.length > 0);
    this.#found = new Map(this.#negated.map(({ key }) => [key, new Set()]));
  }

  /** Whether the filter negates nothing, so that nothing is to be noted. */
  get isEmpty(): boolean {
    return this.#negated.length === 0;
  }

  note(metadata: object): void {
    for (const [key, found] of this.#found)
      for (const kind of kindsOf(valueAt(metadata, key))) found.add(kind);
  }

  /** The first negated value of a kind that was not there. */
  get missing(): NegatedKinds | undefined {
    return this.#negated.find((negated) => !this.#isFound(negated));
  }

  /** The first negation of values where there are lists, or only values of other kinds. */
  get fault(): NegationFault | undefined {
    for (const [key, found] of this.#found) {
      const ofKey = this.#negated.filter((negated) => negated.key === key);
      const kinds = [...new Set(ofKey.flatMap((negated) => negated.kinds))];
      const hasLists = found.has("list") && !kinds.includes("list");
      const isMissing = found.size > 0 && !this.#isFound({ key, kinds });
      if (hasLists || isMissing) return { key, kinds, hasLists };
    }
    return undefined;
  }

  #isFound({ key, kinds }: NegatedKinds): boolean {
    return kinds.some((kind) => this.#found.get(key)!.has(kind));
  }
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
