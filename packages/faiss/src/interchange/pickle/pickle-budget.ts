import { FaissStoreError } from "../../errors.ts";
import { PickledDict, PickledObject } from "./pickled-values.ts";

/**
 * A pickle stores a value once and then refers to it with two to five bytes, so a small file could
 * expand to more than fits in memory, or take hours to read. Records may take this many bytes of
 * memory for each byte of the file, which is several times what texts need that share all metadata.
 */
const maxExpansion = 32;

/** The least that may be spent, for small files. */
const minBudget = 2 ** 20;

/** How much more than its memory a value counts that is made or searched, since that takes time. */
export const effort = 4;

/** What may be spent on the values of a pickle, in bytes of memory. */
export class PickleBudget {
  readonly #path: string;
  #left: number;

  /** @param bytes - the length of the pickle */
  constructor(bytes: number, path: string) {
    this.#path = path;
    this.#left = Math.max(minBudget, bytes * maxExpansion);
  }

  /** @throws FaissStoreError `UNSAFE_FILE` if more is spent than there is */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left >= 0) return;
    throw new FaissStoreError(
      "UNSAFE_FILE",
      `${this.#path} refers to the same values so often that its records would take far more ` +
        "time or memory than a file of its size should. It was not imported. If you trust its " +
        "source, save the documents again without shared metadata.",
      { path: this.#path },
    );
  }
}

/** Readers look at so many arguments one by one, and so deep into them. */
const maxParts = 10;
const maxDepth = 5;

/**
 * What it takes to read an object: about the length of all that belongs to it, although other
 * objects may share it and the result may be short.
 */
export function effortOf(value: unknown, depth = 0): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === "string") return value.length * effort;
  if (value instanceof PickledDict) return value.items.length * effort;
  if (depth >= maxDepth) return 1;
  if (Array.isArray(value)) {
    const parts = value.slice(0, maxParts);
    return parts.reduce((sum: number, part) => sum + effortOf(part, depth + 1), value.length);
  }
  if (!(value instanceof PickledObject)) return 1;
  const { args, state, items = [], entries } = value;
  return effortOf(args, depth) + effortOf(state, depth + 1) + items.length + effortOf(entries);
}
