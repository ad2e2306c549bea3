import { isObject } from "../check-options.ts";
import { valueAt } from "../value-at.ts";
import { elementKindsOf, kindsOf, type ValueKind } from "../value-kinds.ts";

/** What a filter looks for under a key: values of other kinds never match. */
export interface SoughtKinds {
  readonly key: string;
  /** The main one first. */
  readonly kinds: readonly ValueKind[];
  /** Also sought: lists with elements of these kinds. @default none */
  readonly elementKinds?: readonly ValueKind[];
  /** What to do about values of any other kind. @default depends on the kinds */
  readonly advice?: string;
}

/** A kind of values, or of the lists in which a filter looks for elements. */
type FoundKind = ValueKind | `list of ${ValueKind}s`;

/** Values of which none has a kind that a filter looks for. */
export interface TypeMismatch extends SoughtKinds {
  /** A value of each kind that there is under the key. */
  readonly found: ReadonlyMap<FoundKind, unknown>;
}

/** What to do about a mismatch, where it depends on the filter. */
export interface TypeAdvice {
  /** The values are lists, and the filter looks for something else. */
  readonly lists: string;
  /** The filter looks for a list. */
  readonly noLists: string;
  /** The values are dates. @default advice for code */
  readonly dates?: string;
}

/** What a filter looks for if a value must equal one of these, or be compared with it. */
export function soughtKindsOf(key: string, values: readonly unknown[]): SoughtKinds[] {
  // Null also equals what is missing.
  if (values.length === 0 || values.includes(null)) return [];
  return [{ key, kinds: [...new Set(values.flatMap(kindsOf))] }];
}

/** Notes the kinds of values while a filter runs. */
export class FilterTypes {
  #unmet: readonly SoughtKinds[];
  readonly #found = new Map<string, Map<FoundKind, unknown>>();

  /** @param sought - must all be there for metadata to match */
  constructor(sought: readonly SoughtKinds[]) {
    this.#unmet = sought;
  }

  /** The first mismatch, if there are values under its key. */
  get mismatch(): TypeMismatch | undefined {
    for (const sought of this.#unmet) {
      const found = this.#found.get(sought.key);
      if (found) return { ...sought, found };
    }
    return undefined;
  }

  /** Whether all that is sought was there, so that nothing is left to note. */
  get isMet(): boolean {
    return this.#unmet.length === 0;
  }

  note(metadata: object): void {
    this.#unmet = this.#unmet.filter(({ key, kinds, elementKinds = [] }) => {
      const value = valueAt(metadata, key);
      const ownKinds = kindsOf(value);
      const ofElements = elementKinds.length === 0 ? [] : elementKindsOf(value);
      if (ownKinds.some((own) => kinds.includes(own))) return false;
      if (ofElements.some((own) => elementKinds.includes(own))) return false;
      const [kind] = Array.isArray(value) && elementKinds.length > 0 ? ofElements : ownKinds;
      if (kind === undefined) return true;
      const found = this.#found.get(key) ?? new Map<FoundKind, unknown>();
      this.#found.set(key, found);
      const name = ofElements.length > 0 ? (`list of ${kind}s` as const) : kind;
      if (!found.has(name))
        found.set(name, ofElements.length > 0 ? (value as unknown[])[0] : value);
      return true;
    });
  }
}

/** @param item - what has the metadata, such as `document` */
export function describeMismatch(mismatch: TypeMismatch, item: string): string {
  const { key, found } = mismatch;
  const there = both.format(Array.from(found.keys(), pluralOf));
  return `looks for ${kindsIn(mismatch)} under \`${key}\`, but the ${item}s have ${there} there.`;
}

/** Kinds in words: `a string or a list with a string`. */
export function kindsIn({
  kinds,
  elementKinds = [],
}: Pick<SoughtKinds, "kinds" | "elementKinds">): string {
  const lists = elementKinds.map((kind) => `a list with a ${kind}`);
  return either.format([...kinds.map((kind) => `a ${kind}`), ...lists]);
}

function pluralOf(kind: FoundKind): string {
  return kind.startsWith("list of ") ? kind.replace("list", "lists") : `${kind}s`;
}

/** What to do about a mismatch; nothing if there is more than one kind of values. */
export function adviceOn(mismatch: TypeMismatch, advice: TypeAdvice): string {
  const { key, kinds, elementKinds = [], found } = mismatch;
  if (mismatch.advice !== undefined) return ` ${mismatch.advice}`;
  const [[name, example] = []] = found;
  if (found.size > 1 || name === undefined) return "";
  const inLists = /^list of (\w+)s$/.exec(name)?.[1];
  const kind = (inLists ?? name) as ValueKind;
  if (kind === "object") {
    const [inner] = isObject(example) ? Object.keys(example) : [];
    return inner === undefined || inLists
      ? ""
      : ` For nested metadata, use a key such as \`${key}.${inner}\`.`;
  }
  if (kind === "list") return inLists ? "" : ` ${advice.lists}`;
  const sought = inLists ? elementKinds : kinds;
  if (sought.length === 0 || kinds.includes("list")) return ` ${advice.noLists}`;
  if (kind === "date") return ` ${advice.dates ?? dates}`;
  if (kind === "string" && sought[0] === "date") return ` ${storedDates}`;
  const ranges =
    kind === "string" && sought[0] === "number" && !inLists ? " For ranges, store numbers." : "";
  return ` ${general[kind]}${ranges}`;
}

const either = new Intl.ListFormat("en", { type: "disjunction" });
const both = new Intl.ListFormat("en");

const dates = 'Write the date as in ISO 8601, such as "2026-02-01", or pass a Date.';
const storedDates =
  'To compare dates, store a Date, or a string as in ISO 8601, such as "2026-02-01".';

const general = {
  string: "Pass a string.",
  number: "Pass a number.",
  boolean: "Pass true or false.",
} as const;
