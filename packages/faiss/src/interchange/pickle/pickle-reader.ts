import { FaissStoreError, show } from "../../errors.ts";
import { PickleBudget } from "./pickle-budget.ts";
import { describeCall, globalNamed, runsCode } from "./pickle-calls.ts";
import { PickleInput } from "./pickle-input.ts";
import { PickledDict, PickledGlobal, PickledObject } from "./pickled-values.ts";

/**
 * Reads a Python pickle of protocol 0 to 5 as data. Dicts become {@link PickledDict}s, tuples and
 * sets arrays, bytes Buffers, objects and calls {@link PickledObject}s. A value that the pickle
 * refers to many times is one object here, too, so time and memory are proportional to the length
 * of the pickle. Values can contain themselves.
 *
 * Nothing is called or loaded, whatever the pickle names.
 *
 * @throws FaissStoreError `UNSAFE_FILE` for a call that runs code or commands; `FILE_DAMAGED`
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the opcodes
 */
export function readPickle(bytes: Buffer, path: string): unknown {
  const input = new PickleInput(bytes, path);
  try {
    return new PickleMachine(input, new PickleBudget(bytes.length, path)).run();
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
  I: (input) => input.decimalOrBoolean(),
  L: (input) => input.decimal(),
  F: (input) => input.float(),
  V: (input) => input.escapedLine(),
  K: (input) => input.uint(1),
  M: (input) => input.uint(2),
  J: (input) => input.take(4).readInt32LE(),
  "\x8a": (input) => input.integer(input.uint(1)), // LONG1
  "\x8b": (input) => input.integer(input.uint(4)), // LONG4
  G: (input) => input.take(8).readDoubleBE(),
  "\x8c": (input) => input.text(input.uint(1)), // SHORT_BINUNICODE
  X: (input) => input.text(input.uint(4)),
  "\x8d": (input) => input.text(input.length()), // BINUNICODE8
  C: (input) => input.take(input.uint(1)), // SHORT_BINBYTES
  B: (input) => input.take(input.uint(4)),
  "\x8e": (input) => input.take(input.length()), // BINBYTES8
  "\x96": (input) => input.take(input.length()), // BYTEARRAY8
  "(": () => mark,
  "]": () => [],
  ")": () => [],
  "\x8f": () => [], // EMPTY_SET
  "}": () => new PickledDict(),
};

/** The opcodes for what is not in the pickle itself, or which Python 3 does not write. */
const refused: Record<string, string> = {
  P: "PERSID",
  Q: "BINPERSID",
  "\x82": "EXT1",
  "\x83": "EXT2",
  "\x84": "EXT4",
  "\x97": "NEXT_BUFFER",
  "\x98": "READONLY_BUFFER",
};

class PickleMachine {
  readonly #input: PickleInput;
  /** What may be spent on arguments, which descriptions of calls copy. */
  readonly #budget: PickleBudget;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(input: PickleInput, budget: PickleBudget) {
    this.#input = input;
    this.#budget = budget;
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
      case "l":
      case "\x91": // FROZENSET
        stack.push(this.#popToMark());
        return;
      case "d":
        this.#pushDict(this.#popToMark());
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
      case "0": // POP
        this.#pop(1);
        return;
      case "1": // POP_MARK
        this.#popToMark();
        return;
      case "2": // DUP
        this.#duplicate();
        return;
      case "\x94": // MEMOIZE
        this.#memo.set(this.#memo.size, stack.at(-1));
        return;
      case "p": // PUT
        this.#memo.set(Number(input.decimal()), stack.at(-1));
        return;
      case "q": // BINPUT
        this.#memo.set(input.uint(1), stack.at(-1));
        return;
      case "r":
        this.#memo.set(input.uint(4), stack.at(-1));
        return;
      case "g": // GET
        stack.push(this.#memoized(Number(input.decimal())));
        return;
      case "h": // BINGET
        stack.push(this.#memoized(input.uint(1)));
        return;
      case "j":
        stack.push(this.#memoized(input.uint(4)));
        return;
      default:
        this.#executeCall(opcode);
    }
  }

  /** Executes the opcodes of classes and objects. */
  #executeCall(opcode: string): void {
    const input = this.#input;
    switch (opcode) {
      case "c": // GLOBAL
        this.#stack.push(this.#global(input.line(), input.line()));
        return;
      case "\x93": // STACK_GLOBAL
        this.#stack.push(this.#global(...(this.#pop(2) as [unknown, unknown])));
        return;
      case "R": // REDUCE
      case "\x81": // NEWOBJ
        this.#call(...(this.#pop(2) as [unknown, unknown]));
        return;
      case "\x92": // NEWOBJ_EX
        this.#call(...(this.#pop(3) as [unknown, unknown, unknown]));
        return;
      case "i": {
        const type = this.#global(input.line(), input.line());
        this.#call(type, this.#popToMark());
        return;
      }
      case "o": {
        const [type, ...args] = this.#popToMark();
        this.#call(type, args);
        return;
      }
      case "b": // BUILD
        this.#setState(this.#pop(1)[0]);
        return;
      default: {
        const name = refused[opcode];
        throw input.damaged(
          name === undefined
            ? `it has the unknown opcode ${show(opcode)}`
            : `it refers to data outside of the file (opcode ${name})`,
        );
      }
    }
  }

  #global(module: unknown, name: unknown): PickledGlobal {
    if (typeof module !== "string" || typeof name !== "string")
      throw this.#input.damaged("the name of a class is not text");
    return this.#checked(globalNamed(`${module}.${name}`));
  }

  #call(callee: unknown, args: unknown, keywords?: unknown): void {
    if (!Array.isArray(args) || (keywords !== undefined && !(keywords instanceof PickledDict)))
      throw this.#input.damaged("it calls something with arguments that are none");
    if (!(callee instanceof PickledGlobal) && !(callee instanceof PickledObject))
      throw this.#unsafe("calls something that is neither a class nor a function");
    if (callee instanceof PickledGlobal && runsCode(callee.name))
      throw this.#unsafe(`asks Python to call ${show(callee.name)}`);
    const ownArgs = callee instanceof PickledObject ? callee.args.length : 0;
    this.#budget.spend((ownArgs + args.length) * referenceBytes);
    const result = describeCall(callee, args, keywords);
    this.#stack.push(result instanceof PickledGlobal ? this.#checked(result) : result);
  }

  /** Without a limit, names that are put together could double in length again and again. */
  #checked(global: PickledGlobal): PickledGlobal {
    if (global.name.length > maxNameLength)
      throw this.#input.damaged("the name of a class is too long");
    return global;
  }

  #setState(state: unknown): void {
    const object = this.#stack.at(-1);
    if (!(object instanceof PickledObject))
      throw this.#unsafe("sets the state of something that is not an object");
    object.state = state;
  }

  #append(items: unknown[]): void {
    const list = this.#stack.at(-1);
    if (list instanceof PickledObject) list.append(items);
    else if (Array.isArray(list)) for (const item of items) list.push(item);
    else throw this.#input.damaged("it appends to something that is not a list");
  }

  #setItems(items: unknown[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof PickledDict || dict instanceof PickledObject) || items.length % 2 !== 0)
      throw this.#input.damaged("it sets items of something that is not a dict");
    dict.set(items);
  }

  #pushDict(items: unknown[]): void {
    if (items.length % 2 !== 0) throw this.#input.damaged("a dict has a key without a value");
    this.#stack.push(new PickledDict(items));
  }

  #duplicate(): void {
    const [value] = this.#pop(1);
    this.#stack.push(value, value);
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
    return unsafeFile(this.#input.path, what);
  }
}

const maxNameLength = 1_000;

/** About how many bytes V8 needs for an item of an array. */
const referenceBytes = 8;

/** The error for a pickle that is made to do harm, or is no docstore. */
export function unsafeFile(path: string, what: string): FaissStoreError {
  return new FaissStoreError(
    "UNSAFE_FILE",
    `${path} ${what}, so it was not imported. Nothing was run. ` +
      "A pickle can run any code when Python loads it: do that only if you trust its source.",
    { path },
  );
}
