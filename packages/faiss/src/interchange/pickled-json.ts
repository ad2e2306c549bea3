import { FaissStoreError } from "../errors.ts";
import { maxRecordDepth } from "../rows/json-record.ts";
import type { JsonValue } from "../types.ts";
import { damagedFile } from "./flat-file.ts";
import { PickledDict } from "./pickle-reader.ts";

/**
 * A pickle stores a value once and then refers to it with two to five bytes, so a small file could
 * expand to more than fits in memory. Records may take this many bytes of memory for each byte of
 * the file, which is several times what texts need that share all metadata.
 */
const maxExpansion = 32;

/** The least that records may take, for small files. */
const minBudget = 2 ** 20;

/** About how many bytes V8 needs for an array or object, and for a reference. */
const containerCost = 24;
const valueCost = 8;

interface Converted {
  json: JsonValue;
  /** Bytes of memory, counting a shared value each time; may be Infinity. */
  cost: number;
  /** Levels of arrays and objects. */
  depth: number;
}

/**
 * Converts values of a pickle to JSON: dicts become objects, and a value that JSON cannot represent
 * is an error. A value that the pickle refers to many times is converted once and shared.
 */
export class PickledJson {
  readonly #path: string;
  readonly #containers = new Map<object, Converted>();
  #budget: number;

  /** @param bytes - the length of the pickle */
  constructor(bytes: number, path: string) {
    this.#path = path;
    this.#budget = Math.max(minBudget, bytes * maxExpansion);
  }

  /**
   * @throws FaissStoreError `FILE_DAMAGED`; `UNSAFE_FILE` if all converted values would take far
   * more memory than the file has bytes
   */
  convert(value: unknown): JsonValue {
    const { json, cost } = this.#convert(value, 0);
    this.#budget -= cost;
    if (this.#budget < 0) throw this.#expandsTooFar();
    return json;
  }

  #convert(value: unknown, depth: number): Converted {
    if (typeof value === "string") return { json: value, cost: valueCost + value.length, depth: 0 };
    if (value === null || typeof value === "boolean" || typeof value === "number")
      return { json: value, cost: valueCost, depth: 0 };
    if (!Array.isArray(value) && !(value instanceof PickledDict))
      throw damagedFile(this.#path, "its metadata has a value that JSON cannot represent");
    const known = this.#containers.get(value);
    if (known) return known;
    // This also stops at a value that contains itself.
    if (depth >= maxRecordDepth) throw this.#nestedTooDeeply();
    const converted = Array.isArray(value)
      ? this.#convertArray(value, depth)
      : this.#convertDict(value, depth);
    if (converted.depth > maxRecordDepth) throw this.#nestedTooDeeply();
    this.#containers.set(value, converted);
    return converted;
  }

  #convertArray(value: unknown[], depth: number): Converted {
    const items = value.map((item) => this.#convert(item, depth + 1));
    return container(
      items.map(({ json }) => json),
      items,
    );
  }

  #convertDict(value: PickledDict, depth: number): Converted {
    const entries = new Map<string, Converted>();
    let keys = 0;
    for (const [key, item] of value.toMap()) {
      const name = textOfKey(key, this.#path);
      if (entries.has(name)) throw damagedFile(this.#path, "a dict has the same key twice");
      entries.set(name, this.#convert(item, depth + 1));
      keys += valueCost + name.length;
    }
    const json = Object.fromEntries([...entries].map(([name, item]) => [name, item.json]));
    return container(json, [...entries.values()], keys);
  }

  #nestedTooDeeply(): FaissStoreError {
    const how = `a value contains itself or is nested more than ${maxRecordDepth} levels deep`;
    return damagedFile(this.#path, how);
  }

  #expandsTooFar(): FaissStoreError {
    return new FaissStoreError(
      "UNSAFE_FILE",
      `${this.#path} refers to the same values so often that its records would take more than ` +
        `${maxExpansion} times as much memory as the file. It was not imported. If you trust its ` +
        "source, save the documents again without shared metadata.",
      { path: this.#path },
    );
  }
}

/**
 * The key of a dict, as Python's `json.dumps` writes it.
 *
 * @throws FaissStoreError `FILE_DAMAGED` if JSON cannot represent the key, such as a tuple
 */
export function textOfKey(key: unknown, path: string): string {
  if (key === null || ["string", "number", "bigint", "boolean"].includes(typeof key))
    return String(key);
  throw damagedFile(path, "the key of a dict is not a string");
}

function container(json: JsonValue, items: readonly Converted[], keysCost = 0): Converted {
  let cost = containerCost + keysCost;
  let depth = 0;
  for (const item of items) {
    cost += item.cost;
    depth = Math.max(depth, item.depth);
  }
  return { json, cost, depth: depth + 1 };
}
