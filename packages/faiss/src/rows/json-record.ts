import { constants } from "node:buffer";
import { types } from "node:util";
import { clonePlain, defineProperty } from "@embeddinggemma/internal";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { freezePlain, isReadOnlyDate } from "./read-only.ts";
import { describeObject, remedyFor } from "./refused-objects.ts";

/** How many levels of arrays and objects a record may have, since `JSON.stringify` is recursive. */
export const maxRecordDepth = 500;

/** A record is one line of a file, which must fit into a string to be parsed. */
const maxJsonLength = constants.MAX_STRING_LENGTH;

/** JSON writes a control character as six characters. */
const maxEscapedLength = 6;

/** What is copied, for errors. */
export interface RecordSource {
  /** Begins a sentence, such as `Item 3 ("mars")`. */
  name: string;
  /** What cannot be done with it. @default "stored" */
  use?: string;
  /** Begins the path of a value. @default "record" */
  root?: string;
  details: Readonly<Record<string, unknown>>;
}

/** Records with a `Date`, which JSON cannot represent. */
const recordsWithDates = new WeakSet<object>();

/** Whether a record that {@link copyRecord} or {@link markDates} has seen contains a `Date`. */
export function hasDates(record: unknown): boolean {
  return typeof record === "object" && record !== null && recordsWithDates.has(record);
}

/** Remembers that a record contains a `Date`. */
export function markDates(record: object): void {
  recordsWithDates.add(record);
}

/**
 * Copies a record, or refuses what would not be the same after a save. Properties that are
 * `undefined`, and properties whose key is a symbol, are left out.
 *
 * @throws FaissStoreError `INVALID_RECORD` with the path of the value that cannot be stored
 */
export function copyRecord<R>(record: R, source: () => RecordSource): R {
  const copier = new Copier();
  let copy: unknown;
  try {
    copy = copier.copy(record);
  } catch (error) {
    throw invalidRecord(error instanceof Refused ? error : copier.unreadable(error), source());
  }
  if (copier.length > maxJsonLength / maxEscapedLength && jsonLength(copy) > maxJsonLength)
    throw recordTooLong(source());
  if (copier.hasDates) markDates(copy as object);
  return copy as R;
}

/**
 * A copy of a JSON value that nobody can change.
 *
 * @returns what is wrong with the value instead, if JSON cannot represent it
 */
export function frozenJson<T>(value: T, name: string): { json: T } | { fault: string } {
  const copier = new Copier(false);
  try {
    return { json: freezePlain(copier.copy(value)) as T };
  } catch (error) {
    const refused = error instanceof Refused ? error : copier.unreadable(error);
    return { fault: `${shortened(name + refused.steps)} ${refused.reason}. ${refused.advice}` };
  }
}

/** Whether a value has more levels of arrays and objects than a record may have. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth >= maxRecordDepth) return true;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return parts.some((part) => isTooDeep(part, depth + 1));
}

/** Copies a record that is stored. */
export const cloneRecord = clonePlain;

/** The error for a record whose JSON does not fit into a string. */
export function recordTooLong(source: RecordSource): FaissStoreError {
  return invalidRecord(tooLong(), source);
}

function invalidRecord({ steps, reason, advice, cause }: Refused, source: RecordSource) {
  const { name, details, use = "stored", root = "record" } = source;
  const path = root + steps;
  return new FaissStoreError(
    "INVALID_RECORD",
    `${name} cannot be ${use}: ${shortened(path)} ${reason}. ${advice}`,
    { ...details, path },
    cause === undefined ? undefined : { cause },
  );
}

/** Why a value cannot be stored. */
class Refused {
  /** The path of the value, after the name of the whole. */
  readonly steps: string;
  readonly reason: string;
  readonly advice: string;
  readonly cause: unknown;

  constructor(steps: string, reason: string, advice: string, cause?: unknown) {
    this.steps = steps;
    this.reason = reason;
    this.advice = advice;
    this.cause = cause;
  }
}

class Copier {
  /** At least this many characters has the JSON. */
  length = 0;
  hasDates = false;
  readonly #allowsDates: boolean;
  /** The way to the value that is being copied. */
  readonly #keys: (string | number)[] = [];
  /** The objects on that way. */
  readonly #parents: object[] = [];

  constructor(allowsDates = true) {
    this.#allowsDates = allowsDates;
  }

  copy(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        return this.#counted(value, value.length);
      case "boolean":
        return this.#counted(value, 0);
      case "number":
        // JSON has no -0.
        if (Number.isFinite(value)) return this.#counted(value + 0, 0);
        throw this.#refused(`is ${value}`, "Store null, or leave it out.");
      case "bigint":
        throw this.#refused(`is ${show(value)}`, "Store String(value), or Number(value) if exact.");
      case "object":
        return value === null ? this.#counted(null, 0) : this.#copyObject(value);
      case "undefined":
        throw this.#refused("is undefined", "Store null, or leave it out.");
    }
    const what = typeof value === "function" ? "is a function" : `is ${String(value)}`;
    throw this.#refused(what, "Leave it out.");
  }

  /** The refusal of a value that threw when it was read. */
  unreadable(cause: unknown): Refused {
    const reason = `cannot be read: ${shortened(show(reasonOf(cause)), 150)}`;
    return new Refused(this.#steps(), reason, "Leave it out, or store its value.", cause);
  }

  #copyObject(value: object): unknown {
    if (this.#parents.length >= maxRecordDepth) throw this.#tooDeep();
    this.#parents.push(value);
    const copy = Array.isArray(value) ? this.#copyArray(value) : this.#copyOther(value);
    this.#parents.pop();
    return copy;
  }

  #copyArray(value: unknown[]): unknown[] {
    if (!hasPlainPrototype(value)) throw this.#refusedClass(value);
    const { length } = value;
    const copy: unknown[] = [];
    for (let position = 0; position < length; position++) {
      this.#keys.push(position);
      copy.push(this.copy(value[position]));
      this.#keys.pop();
    }
    return this.#counted(copy, 0);
  }

  #copyOther(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    // The first two cases are the usual ones. A plain object of another realm has another
    // `Object.prototype`.
    if (prototype === Object.prototype || prototype === null) return this.#copyProperties(value);
    if (types.isDate(value)) return this.#copyDate(value);
    if (Object.getPrototypeOf(prototype) === null) return this.#copyProperties(value);
    throw this.#refusedClass(value);
  }

  #copyProperties(value: object): object {
    const copy = {};
    for (const key of Object.keys(value)) {
      this.#keys.push(key);
      const property = (value as Record<string, unknown>)[key];
      if (property !== undefined) {
        this.#counted(key, key.length + 3);
        defineProperty(copy, key, this.copy(property));
      }
      this.#keys.pop();
    }
    return this.#counted(copy, 0);
  }

  #copyDate(value: Date): Date {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time))
      throw this.#refused("is an invalid Date", "Store null, or leave it out.");
    if (!this.#allowsDates) throw this.#refused("is a Date", "Use date.toISOString().");
    if (!hasPlainPrototype(value) && !isReadOnlyDate(value))
      throw this.#refusedClass(value, "new Date(value)");
    this.hasDates = true;
    return this.#counted(new Date(time), 25);
  }

  /** Counts the characters of a value, and one for what separates it from the next. */
  #counted<T>(value: T, characters: number): T {
    this.length += characters + 1;
    if (this.length > maxJsonLength) throw tooLong();
    return value;
  }

  #refused(reason: string, advice: string): Refused {
    return new Refused(this.#steps(), reason, advice);
  }

  #refusedClass(value: object, remedy = remedyFor(value)): Refused {
    return this.#refused(`is ${describeObject(value)}`, `Store ${remedy}.`);
  }

  #tooDeep(): Refused {
    const first = this.#parents.findIndex((one, level) => this.#parents.indexOf(one) < level);
    if (first < 0) {
      const reason = `is nested more than ${maxRecordDepth} levels deep`;
      return this.#refused(reason, "Store a flatter value.");
    }
    this.#keys.length = first;
    return this.#refused("contains itself", "Leave it out.");
  }

  #steps(): string {
    return pathSteps(this.#keys);
  }
}

/** A path for errors, such as `.pages[1].size`. */
export function pathSteps(keys: readonly (string | number)[]): string {
  return keys.map(pathStep).join("");
}

function pathStep(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${show(key)}]`;
}

/** Both ends of a long text. `details.path` has a path in full. */
function shortened(text: string, end = 30): string {
  return text.length > 2 * end ? `${text.slice(0, end)} … ${text.slice(-end)}` : text;
}

function tooLong(): Refused {
  return new Refused(
    "",
    `needs more than ${maxJsonLength} characters of JSON, the most that a string can have`,
    "Store large data in a file, and its path in the record.",
  );
}

/** Whether an array or a date is not of a subclass, in any realm. */
function hasPlainPrototype(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype || prototype === Date.prototype) return true;
  const base: unknown = prototype === null ? null : Object.getPrototypeOf(prototype);
  return base !== null && Object.getPrototypeOf(base) === null;
}

const pieceLength = 2 ** 20;

/** The length of the JSON of a copy. Needs little memory, even if a string would be too long. */
function jsonLength(value: unknown): number {
  if (typeof value === "string") return stringLength(value);
  if (typeof value !== "object" || value === null || value instanceof Date)
    return JSON.stringify(value).length;
  if (Array.isArray(value)) {
    return value.reduce((sum: number, part) => sum + jsonLength(part) + 1, 2);
  }
  let length = 2;
  for (const key of Object.keys(value))
    length += stringLength(key) + 2 + jsonLength((value as Record<string, unknown>)[key]);
  return length;
}

function stringLength(text: string): number {
  let length = 2;
  for (let start = 0; start < text.length; start += pieceLength)
    length += JSON.stringify(text.slice(start, start + pieceLength)).length - 2;
  return length;
}
