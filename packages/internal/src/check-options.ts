import { knownAs, noteOn } from "./option-synonyms.ts";
import { show } from "./show.ts";

/** What the value of one option must be. */
export interface Rule {
  /** Completes the sentence "<name> must be …". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Whether the option must be set. @default false */
  readonly required?: boolean;
  /** Advice about a rejected value, such as its new name. */
  readonly hint?: (value: unknown) => string | undefined;
}

/** A rule for each option of `T`. The compiler reports a missing rule. */
export type Rules<T> = { readonly [Name in keyof T]-?: Rule };

export const rules = {
  text: { expected: "a string", accepts: (value) => typeof value === "string" },
  flag: { expected: "true or false", accepts: (value) => typeof value === "boolean" },
  callback: { expected: "a function", accepts: (value) => typeof value === "function" },
  object: { expected: "an object", accepts: isObject },
  /** For values that are checked where they are used. */
  anything: { expected: "anything", accepts: () => true },
  /** Also an infinite one. */
  number: {
    expected: "a number",
    accepts: (value) => typeof value === "number" && !Number.isNaN(value),
  },
  fraction: {
    expected: "a number from 0 to 1",
    accepts: (value) => typeof value === "number" && value >= 0 && value <= 1,
  },
  /** The least cosine of hits, or `-Infinity` for any. */
  leastCosine: {
    expected: "a cosine from -1 to 1",
    accepts: (value) =>
      value === Number.NEGATIVE_INFINITY ||
      (typeof value === "number" && value >= -1 && value <= 1),
  },
  count: {
    expected: "a whole number of at least 1",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 1,
  },
  signal: {
    expected: "an AbortSignal",
    accepts: (value) => typeof (value as AbortSignal | null)?.throwIfAborted === "function",
  },
} satisfies Record<string, Rule>;

export function oneOf(values: readonly string[]): Rule {
  return {
    expected: `one of ${values.join(", ")}`,
    accepts: (value) => values.includes(value as string),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * Whether a value is an object of named values. An array is none, nor is an object of a class that
 * keeps nothing in properties, such as a Map, a Promise or an AbortSignal, or that has methods,
 * such as an embedder: what it says would be ignored.
 */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Another realm has another Object.prototype.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain || (Object.keys(value).length > 0 && !hasMethods(prototype));
}

/** Advice about what was given in place of options. */
export function hintOn(given: unknown): string | undefined {
  const isEmbedder = isRecord(given) && typeof given.encodeDocument === "function";
  return isEmbedder ? "Pass an embedder as `{ embedder }`." : undefined;
}

/** Advice about what was given before it was there. */
export function awaitHint(given: unknown): string | undefined {
  return given instanceof Promise ? "Add the missing `await`." : undefined;
}

function hasMethods(prototype: unknown): boolean {
  return Object.getOwnPropertyNames(prototype).some((name) => name !== "constructor");
}

/** Checks the options that callers pass to a package. */
export interface Checker {
  /**
   * Checks an object of options. Every key must be known, and every value must follow its rule. An
   * undefined value counts as left out.
   *
   * @param renamed - new names of options, by their old names
   * @throws the package's error for an invalid argument
   */
  checkOptions<T extends object>(
    options: T,
    optionRules: Rules<T>,
    renamed?: Readonly<Record<string, string>>,
  ): void;
  /** The error for a value that is not `expected`. */
  invalidArgument(name: string, value: unknown, expected: string, hint?: string): Error;
}

/** @param fail - creates the package's error for an invalid argument */
export function checkerFor<E extends Error>(
  fail: (message: string, details: Readonly<Record<string, unknown>>) => E,
): Checker & { invalidArgument(...args: Parameters<Checker["invalidArgument"]>): E } {
  function invalidArgument(name: string, value: unknown, expected: string, hint?: string): E {
    const advice = hint ? ` ${hint}` : "";
    return fail(`${name} must be ${expected}; ${show(value)} was given.${advice}`, {
      [name]: value,
    });
  }

  return {
    invalidArgument,
    checkOptions(options, optionRules, renamed = {}) {
      if (!isObject(options))
        throw invalidArgument("options", options, "an object", hintOn(options));
      const known: Readonly<Record<string, Rule>> = optionRules;
      for (const [name, value] of Object.entries(options)) {
        if (value === undefined || Object.hasOwn(known, name)) continue;
        const { message, ...details } = unknownOption(name, Object.keys(known), renamed);
        throw fail(message, { ...details });
      }
      for (const [name, { accepts, expected, required, hint }] of Object.entries(known)) {
        const value = options[name];
        if (value === undefined && !required) continue;
        if (!accepts(value)) throw invalidArgument(name, value, expected, hint?.(value));
      }
    },
  };
}

/** Details of the error for an unknown option. */
export interface UnknownOption {
  readonly option: string;
  /** The name that was probably meant. Undefined if none is similar. */
  readonly nearest: string | undefined;
  /** The names of all options. Left out if the option was renamed. */
  readonly options?: readonly string[];
}

function unknownOption(
  option: string,
  options: readonly string[],
  renamed: Readonly<Record<string, string>>,
): UnknownOption & { message: string } {
  if (Object.hasOwn(renamed, option)) {
    const nearest = renamed[option]!;
    return { message: `The option \`${option}\` is now called \`${nearest}\`.`, option, nearest };
  }
  const note = noteOn(option, options);
  const nearest = note ? knownAs(option, options) : nearestOption(option, options);
  const advice =
    nearest === undefined
      ? `${note ?? ""} The options are ${options.join(", ")}.`.trimStart()
      : `Did you mean \`${nearest}\`?`;
  return { message: `There is no option \`${option}\`. ${advice}`, option, nearest, options };
}

/**
 * The option that was probably meant: the same name in another spelling, what neighbouring tools
 * call it, or the most similar name.
 *
 * @returns undefined if more than half of the characters differ from every known name
 */
export function nearestOption(name: string, known: readonly string[]): string | undefined {
  const synonym = knownAs(name, known);
  if (synonym !== undefined) return synonym;
  const distances = known.map((candidate) =>
    editDistance(name.toLowerCase(), candidate.toLowerCase()),
  );
  const distance = Math.min(...distances);
  const nearest = known[distances.indexOf(distance)];
  if (nearest === undefined) return undefined;
  return distance > Math.max(name.length, nearest.length) / 2 ? undefined : nearest;
}

/** Levenshtein distance: how many characters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [start, character] of [...from].entries()) {
    const next = [start + 1];
    for (let end = 0; end < to.length; end++) {
      const replaced = row[end]! + (character === to[end] ? 0 : 1);
      next.push(Math.min(replaced, row[end + 1]! + 1, next[end]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
