import { isObject } from "../check-options.ts";
import { valueAt } from "../value-at.ts";
import { kindsOf, type ValueKind } from "../value-kinds.ts";

/** What a filter looks for under a key: values of other kinds never match. */
export interface SoughtKinds {
  readonly key: string;
  /** The main one first. */
  readonly kinds: readonly ValueKind[];
  /** What to do about values of any other kind. @default depends on the kinds */
  readonly advice?: string;
}

/** Values of which none has a kind that a filter looks for. */
export interface TypeMismatch extends SoughtKinds {
  /** A value of each kind that there is under the key. */
  readonly found: ReadonlyMap<ValueKind, unknown>;
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
  readonly #found = new Map<string, Map<ValueKind, unknown>>();

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
    this.#unmet = this.#unmet.filter(({ key, kinds }) => {
      const value = valueAt(metadata, key);
      const ownKinds = kindsOf(value);
      const [kind] = ownKinds;
      if (kind === undefined) return true;
      if (ownKinds.some((own) => kinds.includes(own))) return false;
      const found = this.#found.get(key) ?? new Map<ValueKind, unknown>();
      this.#found.set(key, found);
      if (!found.has(kind)) found.set(kind, value);
      return true;
    });
  }
}

/** @param item - what has the metadata, such as `document` */
export function describeMismatch({ key, kinds, found }: TypeMismatch, item: string): string {
  const sought = either.format(kinds.map((kind) => `a ${kind}`));
  const there = both.format(Array.from(found.keys(), (kind) => `${kind}s`));
  return `looks for ${sought} under \`${key}\`, but the ${item}s have ${there} there.`;
}

/** What to do about a mismatch; nothing if there is more than one kind of values. */
export function adviceOn(mismatch: TypeMismatch, advice: TypeAdvice): string {
  const { key, kinds, found } = mismatch;
  if (mismatch.advice !== undefined) return ` ${mismatch.advice}`;
  const [[kind, example] = []] = found;
  if (found.size > 1 || kind === undefined) return "";
  if (kind === "object") {
    const [inner] = isObject(example) ? Object.keys(example) : [];
    return inner === undefined
      ? ""
      : ` For nested metadata, use a key such as \`${key}.${inner}\`.`;
  }
  if (kind === "list") return ` ${advice.lists}`;
  if (kinds.includes("list")) return ` ${advice.noLists}`;
  if (kind === "date") return ` ${advice.dates ?? dates}`;
  if (kind === "string" && kinds[0] === "date") return ` ${storedDates}`;
  const ranges = kind === "string" && kinds[0] === "number" ? " For ranges, store numbers." : "";
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
