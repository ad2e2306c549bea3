import type { JsonValue } from "../types.ts";
import { damagedFile } from "./flat-file.ts";

/**
 * What a pickle says once it may refer to again and again: a few bytes could unfold to more than
 * any memory holds.
 */
const mostValuesPerByte = 64;

/** As deep as a record may be. */
const deepest = 500;

/**
 * Turns what a pickle holds into JSON: dicts become objects, and what JSON cannot hold is refused.
 */
export class PickledJson {
  readonly #path: string;
  #valuesLeft: number;

  /** @param bytes - the length of the pickle */
  constructor(bytes: number, path: string) {
    this.#path = path;
    this.#valuesLeft = bytes * mostValuesPerByte;
  }

  /** @throws FaissStoreError `FILE_DAMAGED` */
  convert(value: unknown, depth = 0): JsonValue {
    if (--this.#valuesLeft < 0 || depth > deepest)
      throw damagedFile(this.#path, "its values contain each other");
    if (Array.isArray(value)) return value.map((item) => this.convert(item, depth + 1));
    if (value instanceof Map) {
      return Object.fromEntries(
        [...value].map(([key, item]) => [String(key), this.convert(item, depth + 1)]),
      );
    }
    if (value === null || ["string", "number", "boolean"].includes(typeof value))
      return value as JsonValue;
    throw damagedFile(this.#path, "its metadata holds what JSON cannot hold");
  }
}
