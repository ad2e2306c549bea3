import { defineProperty } from "@embeddinggemma/internal";
import { FaissStoreError, show } from "../../errors.ts";
import { maxRecordDepth, pathSteps } from "../../rows/json-record.ts";
import type { JsonValue } from "../../types.ts";
import { damagedFile } from "../flat-file.ts";
import { effort, effortOf, PickleBudget } from "./pickle-budget.ts";
import { PickledDict, PickledGlobal, PickledObject } from "./pickled-values.ts";
import { pythonValue } from "./python-values.ts";

/** About how many bytes V8 needs for an array or object, and for a reference. */
const containerCost = 24;
const valueCost = 8;

/** Where a value comes from, for errors. */
export interface PickledPlace {
  /** Begins a sentence, such as `Document 3 ("mars")`. */
  name: string;
  /** Begins the path of a value, such as `metadata`. */
  root: string;
  details: Readonly<Record<string, unknown>>;
}

interface Converted {
  json: JsonValue;
  /** Bytes of memory, counting a shared value each time; may be Infinity. */
  cost: number;
  /** Levels of arrays and objects. */
  depth: number;
}

/**
 * Converts values of a pickle to JSON: dicts become objects, and objects of known classes of Python
 * what they are as data. A value that the pickle refers to many times is converted once and shared.
 */
export class PickledJson {
  readonly #path: string;
  readonly #describes: boolean;
  readonly #converted = new Map<object, Converted>();
  readonly #budget: PickleBudget;
  /** What may be spent on values that are made here, each of them once. */
  readonly #ownBudget: PickleBudget;
  #place: PickledPlace;
  /** The way to the value that is being converted. */
  #keys: (string | number)[] = [];

  /**
   * @param bytes - the length of the pickle
   * @param describes - whether objects of unknown classes become `PythonObject`s, not errors
   */
  constructor(bytes: number, path: string, describes = false) {
    this.#path = path;
    this.#describes = describes;
    this.#budget = new PickleBudget(bytes, path);
    this.#ownBudget = new PickleBudget(bytes, path);
    this.#place = { name: path, root: "", details: {} };
  }

  /**
   * @throws FaissStoreError `INVALID_RECORD` for an object of an unknown class; `FILE_DAMAGED`;
   * `UNSAFE_FILE` if all converted values would take far more memory than the file has bytes
   */
  convert(value: unknown, place: PickledPlace = this.#place): JsonValue {
    this.#place = place;
    this.#keys = [];
    const { json, cost } = this.#convert(value, 0);
    this.#budget.spend(cost);
    return json;
  }

  /**
   * The key of a dict, as Python's `json.dumps` writes it. A tuple of plain values is its JSON.
   *
   * @throws FaissStoreError as {@link PickledJson.convert}; `FILE_DAMAGED` for what is no key
   */
  textOfKey(key: unknown, place: PickledPlace): string {
    this.#place = place;
    this.#keys = [];
    return this.#textOfKey(key);
  }

  #convert(value: unknown, depth: number): Converted {
    const plain = plainValue(value);
    if (plain !== undefined) return { json: plain, cost: costOf(plain), depth: 0 };
    if (typeof value !== "object") throw this.#damaged("is no value of Python");
    const known = this.#converted.get(value as object);
    if (known) return known;
    // This also stops at a value that contains itself.
    if (depth >= maxRecordDepth) throw this.#nestedTooDeeply();
    const converted = this.#convertObject(value as object, depth);
    if (converted.depth > maxRecordDepth) throw this.#nestedTooDeeply();
    this.#converted.set(value as object, converted);
    return converted;
  }

  #convertObject(value: object, depth: number): Converted {
    if (Array.isArray(value)) return this.#convertArray(value, depth);
    if (value instanceof PickledDict) return this.#convertDict(value, depth);
    if (Buffer.isBuffer(value)) return this.#own(value.toString("base64"));
    if (!(value instanceof PickledObject || value instanceof PickledGlobal))
      throw this.#damaged("is no value of Python");
    const data = this.#read(value);
    if (typeof data === "string") return this.#own(data);
    if (Array.isArray(data)) this.#ownBudget.spend(data.length * valueCost * 2);
    if (data !== undefined) return this.#convert(data, depth + 1);
    if (!this.#describes) throw this.#unknown(value);
    return this.#convertDict(description(value), depth);
  }

  #convertArray(value: unknown[], depth: number): Converted {
    this.#ownBudget.spend(containerCost + value.length * valueCost);
    const json: JsonValue[] = [];
    const total = new Total(json);
    for (let position = 0; position < value.length; position++)
      json.push(this.#part(position, value[position], depth, total));
    return total;
  }

  #convertDict({ items }: PickledDict, depth: number): Converted {
    this.#ownBudget.spend(containerCost + items.length * valueCost);
    const json = {};
    const total = new Total(json);
    for (let position = 0; position + 1 < items.length; position += 2) {
      const name = this.#textOfKey(items[position]);
      if (Object.hasOwn(json, name)) throw this.#damaged(`has two keys that are ${show(name)}`);
      defineProperty(json, name, this.#part(name, items[position + 1], depth, total));
      total.cost += valueCost + name.length;
    }
    return total;
  }

  /** Converts an item of an array or a dict, and adds it to the total. */
  #part(key: string | number, value: unknown, depth: number, total: Total): JsonValue {
    const plain = plainValue(value);
    if (plain !== undefined) {
      total.cost += costOf(plain);
      return plain;
    }
    this.#keys.push(key);
    const { json, cost, depth: levels } = this.#convert(value, depth + 1);
    this.#keys.pop();
    total.cost += cost;
    total.depth = Math.max(total.depth, levels + 1);
    return json;
  }

  /** A text that is not in the pickle as it is. */
  #own(text: string): Converted {
    this.#ownBudget.spend(text.length * effort);
    return { json: text, cost: costOf(text), depth: 0 };
  }

  /** The object as data, as `pythonValue` gives it. */
  #read(value: PickledObject | PickledGlobal): unknown {
    this.#ownBudget.spend(effortOf(value));
    return pythonValue(value);
  }

  #textOfKey(key: unknown): string {
    const data = (key instanceof PickledObject ? this.#read(key) : undefined) ?? key;
    if (!Array.isArray(data)) return String(this.#keyValue(data));
    return this.#own(JSON.stringify(data.map((item) => this.#keyValue(item)))).json as string;
  }

  /** The value of a key, or of an item of a tuple. */
  #keyValue(key: unknown): string | number | boolean | null {
    const plain = plainValue(key);
    if (plain !== undefined) return plain;
    const isObject = key instanceof PickledObject || key instanceof PickledGlobal;
    if (!isObject && !Buffer.isBuffer(key)) throw this.#damaged("has a key that is no key");
    if (isObject && this.#read(key) === undefined) {
      if (!this.#describes) throw this.#unknown(key, "has a key that ");
      return this.#own(callText(key)).json as string;
    }
    const { json } = this.#convert(key, 0);
    if (typeof json === "object" && json !== null) throw this.#damaged("has a key that is no key");
    return json;
  }

  get #where(): string {
    return this.#place.root + pathSteps(this.#keys);
  }

  #damaged(how: string): FaissStoreError {
    return damagedFile(this.#path, `${this.#place.name}: ${this.#where} ${how}`);
  }

  #nestedTooDeeply(): FaissStoreError {
    // The path would have hundreds of steps.
    const { name, root } = this.#place;
    const how = `a value contains itself or is nested more than ${maxRecordDepth} levels deep`;
    return damagedFile(
      this.#path,
      `${name}: in ${root}${pathSteps(this.#keys.slice(0, 2))}, ${how}`,
    );
  }

  #unknown(value: PickledObject | PickledGlobal, part = ""): FaissStoreError {
    const { name, details } = this.#place;
    const pythonClass = nameOf(value);
    const what = value instanceof PickledGlobal ? "is" : "is an object of Python's class";
    const within = value instanceof PickledObject ? partsOf(value) : "";
    return new FaissStoreError(
      "INVALID_RECORD",
      `${name} in ${this.#path} cannot be imported: ${this.#where} ${part}${what} ` +
        `${pythonClass}${within}, which has no known form in JSON. Pass toRecord to decide what ` +
        `to store: it gets { pythonClass: ${show(pythonClass)}, … } in its place. Nothing was run.`,
      { ...details, file: this.#path, path: this.#where, pythonClass },
    );
  }
}

/** What JSON can represent of a value that is not an object. */
function plainValue(value: unknown): string | number | boolean | null | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "number":
      if (Number.isFinite(value)) return value;
      return Number.isNaN(value) ? null : String(value);
    default:
      return value === null ? null : undefined;
  }
}

/** What `toRecord` gets for an object of an unknown class: a `PythonObject`. */
function description(value: PickledObject | PickledGlobal): PickledDict {
  const entries: [string, unknown][] = [["pythonClass", nameOf(value)]];
  if (value instanceof PickledObject) {
    const { args, keywords, state, items, entries: set } = value;
    entries.push(["args", args]);
    for (const part of Object.entries({ keywords, state, items, entries: set }))
      if (part[1] !== undefined) entries.push(part);
  }
  return new PickledDict(entries.flat());
}

function nameOf(value: PickledObject | PickledGlobal): string {
  return value instanceof PickledGlobal ? value.name : value.className;
}

/** The classes of an object's arguments: one of these may be what is unknown. */
function partsOf({ args }: PickledObject): string {
  const names = args.flatMap((part) => (part instanceof PickledObject ? [part.className] : []));
  const distinct = [...new Set(names)].slice(0, maxNames);
  return distinct.length > 0 ? ` (with ${distinct.join(", ")})` : "";
}

/** An error names at most so many classes. */
const maxNames = 5;

/** An object as a key, such as `__main__.Color(1)`. */
function callText(value: PickledObject | PickledGlobal): string {
  if (value instanceof PickledGlobal) return value.name;
  const plain = value.args.map(plainValue);
  return plain.includes(undefined)
    ? value.className
    : `${value.className}(${plain.map((part) => JSON.stringify(part)).join(", ")})`;
}

function costOf(value: string | number | boolean | null): number {
  return valueCost + (typeof value === "string" ? value.length : 0);
}

/** What an array or an object has. */
class Total implements Converted {
  readonly json: JsonValue;
  cost = containerCost;
  depth = 1;

  constructor(json: JsonValue) {
    this.json = json;
  }
}
