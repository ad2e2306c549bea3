import { isObject } from "../check-options.ts";
import { isDate } from "../time-of.ts";
import { valueAt } from "../value-at.ts";
import { elementKindsOf, kindsOf, type ValueKind } from "../value-kinds.ts";
import { negatingOperators } from "./filter-operators.ts";
import type { SoughtKinds } from "./filter-types.ts";

/** What a filter says that some values are not. Values of other kinds pass, whatever they are. */
export interface NegatedKinds
  extends Required<Pick<SoughtKinds, "key" | "kinds" | "elementKinds">> {
  /** Whether a match can have another reason, as in `$or`. */
  readonly isOneOfSeveral?: boolean;
}

/** Why a negation does not leave out what it names. */
export interface NegationFault extends NegatedKinds {
  /** Whether it lets lists pass, which are never equal to a value. */
  readonly hasLists: boolean;
  /** Whether there are also values of the negated kinds. */
  readonly hasValues: boolean;
}

/** What is there under a key. */
interface Found {
  readonly kinds: Set<ValueKind>;
  readonly elementKinds: Set<ValueKind>;
  /** Whether the filter has let a list pass. */
  hasLists: boolean;
}

/**
 * Notes, while a filter runs, what is under the keys that it negates with `$ne`, `$nin` and `$not`.
 * Null counts as none.
 */
export class Negations {
  readonly #negated: readonly NegatedKinds[];
  readonly #found: ReadonlyMap<string, Found>;

  /** @param filter - a checked filter */
  constructor(filter: object) {
    this.#negated = negatedKinds(filter, false).filter(
      ({ kinds, elementKinds }) => kinds.length + elementKinds.length > 0,
    );
    this.#found = new Map(
      this.#negated.map(({ key }) => [
        key,
        { kinds: new Set(), elementKinds: new Set(), hasLists: false },
      ]),
    );
  }

  /** The negated keys. */
  get keys(): readonly string[] {
    return [...this.#found.keys()];
  }

  /** @param isMatch - whether the filter lets it pass */
  note(metadata: object, isMatch: boolean): void {
    for (const [key, found] of this.#found) {
      const value = valueAt(metadata, key);
      for (const kind of kindsOf(value)) found.kinds.add(kind);
      for (const kind of elementKindsOf(value)) found.elementKinds.add(kind);
      if (isMatch && Array.isArray(value)) found.hasLists = true;
    }
  }

  /** Whether nothing that was noted has a value under a key. */
  lacks(key: string): boolean {
    return this.#found.get(key)!.kinds.size === 0;
  }

  /**
   * The first negated value of a kind that was not there. A filter may look for values and into
   * lists: then one of them is enough.
   */
  get missing(): NegatedKinds | undefined {
    const looksIntoLists = ({ elementKinds }: NegatedKinds) => elementKinds.length > 0;
    const isOtherFound = (negated: NegatedKinds) =>
      this.#negated.some(
        (other) =>
          other.key === negated.key &&
          looksIntoLists(other) !== looksIntoLists(negated) &&
          this.#isFound(other),
      );
    return this.#negated.find((negated) => !this.#isFound(negated) && !isOtherFound(negated));
  }

  /** Why a negation of values lets lists pass, or finds only values of other kinds. */
  faultOf(key: string): NegationFault | undefined {
    const found = this.#found.get(key)!;
    const ofKey = this.#negated.filter((negated) => negated.key === key);
    const kinds = [...new Set(ofKey.flatMap((negated) => negated.kinds))];
    const elementKinds = [...new Set(ofKey.flatMap((negated) => negated.elementKinds))];
    const looksIntoLists = kinds.includes("list") || elementKinds.length > 0;
    const hasOtherReason = ofKey.every(({ isOneOfSeveral = false }) => isOneOfSeveral);
    const hasLists = found.hasLists && !looksIntoLists && !hasOtherReason;
    const hasValues = this.#isFound({ key, kinds, elementKinds });
    const isMissing = !this.lacks(key) && !hasValues;
    return hasLists || isMissing ? { key, kinds, elementKinds, hasLists, hasValues } : undefined;
  }

  #isFound({ key, kinds, elementKinds }: NegatedKinds): boolean {
    const found = this.#found.get(key)!;
    return (
      kinds.some((kind) => found.kinds.has(kind)) ||
      elementKinds.some((kind) => found.elementKinds.has(kind))
    );
  }
}

function negatedKinds(filter: object, isNegated: boolean): NegatedKinds[] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if (key === "$not") return negatedKinds(condition, !isNegated);
    if (key.startsWith("$")) {
      const isOneOfSeveral = key === "$or" && !isNegated && condition.length > 1;
      return condition
        .flatMap((part: object) => negatedKinds(part, isNegated))
        .map((kinds: NegatedKinds) => (isOneOfSeveral ? { ...kinds, isOneOfSeveral } : kinds));
    }
    return negatedIn(condition, isNegated).map((kinds) => ({ key, ...kinds }));
  });
}

type Kinds = Omit<NegatedKinds, "key">;

function negatedIn(condition: unknown, isNegated: boolean): Kinds[] {
  if (Array.isArray(condition)) return isNegated ? condition.map(ofValue) : [];
  if (!isObject(condition) || isDate(condition)) return isNegated ? [ofValue(condition)] : [];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if (isNegated === negatingOperators.includes(operator)) return [];
    if (operator === "$in" || operator === "$nin") return (operand as unknown[]).map(ofValue);
    if (operator === "$contains") return [{ kinds: [], elementKinds: kindsOf(operand) }];
    return [ofValue(operand)];
  });
}

function ofValue(value: unknown): Kinds {
  return { kinds: kindsOf(value), elementKinds: [] };
}
