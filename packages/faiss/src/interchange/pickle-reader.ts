import { FaissStoreError, show } from "../errors.ts";
import { PickleInput } from "./pickle-input.ts";

/**
 * An instance of an allowed class: its name and the pickled state. Code of the class is never run.
 */
export class PickledInstance {
  readonly className: string;
  state: unknown;

  constructor(className: string) {
    this.className = className;
  }
}

/** A dict. A Map would take 180 bytes of memory for each byte of a file of empty dicts. */
export class PickledDict {
  /** Keys and values in turn, in the order in which they were set. */
  readonly items: unknown[] = [];

  toMap(): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let position = 0; position + 1 < this.items.length; position += 2)
      map.set(this.items[position], this.items[position + 1]);
    return map;
  }
}

/** A reference to a class, by its qualified name. */
class PickledClass {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Reads a Python pickle of protocol 2 to 5 as data. Dicts become {@link PickledDict}s; tuples and
 * sets become arrays. A value that the pickle refers to many times is one object here, too, so time
 * and memory are proportional to the length of the pickle. Values can contain themselves.
 *
 * No code is run: a class that is not allowed is an error, and so is a function call.
 *
 * @param allowed - qualified names of the allowed classes
 * @throws FaissStoreError `UNSAFE_FILE`, `FILE_DAMAGED`
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the opcodes
 */
export function readPickle(bytes: Buffer, allowed: ReadonlySet<string>, path: string): unknown {
  const input = new PickleInput(bytes, path);
  try {
    return new PickleMachine(input, allowed).run();
  } catch (error) {
    if (FaissStoreError.isInstance(error)) throw error;
    throw input.damaged("it is not a pickle", error);
  }
}

const stop = ".";
const mark = Symbol("mark");

/** The opcodes that push a value, which follows in the pickle, or an empty container. */
const values: Record<string, (input: PickleInput) => unknown> = {
  N: () => null,
  "\x88": () => true,
  "\x89": () => false,
  K: (input) => input.uint(1),
  M: (input) => input.uint(2),
  J: (input) => input.take(4).readInt32LE(),
  "\x8a": (input) => input.integer(input.uint(1)), // LONG1
  "\x8b": (input) => input.integer(input.uint(4)), // LONG4
  G: (input) => input.take(8).readDoubleBE(),
  "\x8c": (input) => input.text(input.uint(1)), // SHORT_BINUNICODE
  X: (input) => input.text(input.uint(4)),
  "\x8d": (input) => input.text(Number(input.take(8).readBigUInt64LE())), // BINUNICODE8
  "(": () => mark,
  "]": () => [],
  ")": () => [],
  "\x8f": () => [], // EMPTY_SET
  "}": () => new PickledDict(),
};

class PickleMachine {
  readonly #input: PickleInput;
  readonly #allowed: ReadonlySet<string>;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(input: PickleInput, allowed: ReadonlySet<string>) {
    this.#input = input;
    this.#allowed = allowed;
  }

  run(): unknown {
    for (;;) {
      const opcode = String.fromCharCode(this.#input.uint(1));
      if (opcode === stop) return this.#pop(1)[0];
      const read = values[opcode];
      if (read) this.#stack.push(read(this.#input));
      else this.#execute(opcode);
    }
  }

  #execute(opcode: string): void {
    const input = this.#input;
    const stack = this.#stack;
    switch (opcode) {
      case "\x80": // PROTO
        input.take(1);
        return;
      case "\x95": // FRAME
        input.take(8);
        return;
      case "t":
      case "\x91": // FROZENSET
        stack.push(this.#popToMark());
        return;
      case "\x85": // TUPLE1
      case "\x86":
      case "\x87":
        stack.push(this.#pop(opcode.charCodeAt(0) - 0x84));
        return;
      case "a": // APPEND
        this.#append(this.#pop(1));
        return;
      case "e":
      case "\x90": // ADDITEMS
        this.#append(this.#popToMark());
        return;
      case "s": // SETITEM
        this.#setItems(this.#pop(2));
        return;
      case "u":
        this.#setItems(this.#popToMark());
        return;
      case "\x94": // MEMOIZE
        this.#memo.set(this.#memo.size, stack.at(-1));
        return;
      case "q": // BINPUT
        this.#memo.set(input.uint(1), stack.at(-1));
        return;
      case "r":
        this.#memo.set(input.uint(4), stack.at(-1));
        return;
      case "h": // BINGET
        stack.push(this.#memoized(input.uint(1)));
        return;
      case "j":
        stack.push(this.#memoized(input.uint(4)));
        return;
      case "c": // GLOBAL
        stack.push(this.#classNamed(input.line(), input.line()));
        return;
      case "\x93": // STACK_GLOBAL
        stack.push(this.#classNamed(...(this.#pop(2) as [unknown, unknown])));
        return;
      case "\x81": // NEWOBJ
        this.#makeInstance(this.#pop(2)[0]);
        return;
      case "b": // BUILD
        this.#setState(this.#pop(1)[0]);
        return;
      case "R":
      case "i":
      case "o":
      case "\x92": // NEWOBJ_EX
        throw this.#unsafe("calls a function");
      default:
        throw input.damaged(`it has the unknown opcode ${show(opcode)}`);
    }
  }

  #classNamed(module: unknown, name: unknown): PickledClass {
    if (typeof module !== "string" || typeof name !== "string")
      throw this.#input.damaged("the name of a class is not text");
    const qualified = `${module}.${name}`;
    if (!this.#allowed.has(qualified))
      throw this.#unsafe(`uses ${show(qualified)}, which is not a class of LangChain's documents`);
    return new PickledClass(qualified);
  }

  #makeInstance(type: unknown): void {
    if (!(type instanceof PickledClass))
      throw this.#unsafe("creates an object of something that is not a class");
    this.#stack.push(new PickledInstance(type.name));
  }

  #setState(state: unknown): void {
    const instance = this.#stack.at(-1);
    if (!(instance instanceof PickledInstance))
      throw this.#unsafe("sets the state of something that is not an object");
    instance.state = state;
  }

  #append(items: unknown[]): void {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list))
      throw this.#input.damaged("it appends to something that is not a list");
    for (const item of items) list.push(item);
  }

  #setItems(items: unknown[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof PickledDict) || items.length % 2 !== 0)
      throw this.#input.damaged("it sets items of something that is not a dict");
    for (const item of items) dict.items.push(item);
  }

  #memoized(key: number): unknown {
    if (!this.#memo.has(key))
      throw this.#input.damaged("it refers to a value that it has not stored");
    return this.#memo.get(key);
  }

  #pop(count: number): unknown[] {
    if (this.#stack.length < count) throw this.#input.damaged("its stack is empty");
    return this.#stack.splice(this.#stack.length - count);
  }

  #popToMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.#input.damaged("its stack has no mark");
    const items = this.#stack.splice(start + 1);
    this.#stack.pop();
    return items;
  }

  #unsafe(what: string): FaissStoreError {
    const { path } = this.#input;
    return new FaissStoreError(
      "UNSAFE_FILE",
      `${path} ${what}, so it was not imported. Nothing was run. ` +
        "A pickle can run any code when Python loads it: do that only if you trust its source.",
      { path },
    );
  }
}
