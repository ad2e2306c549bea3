import { FaissStoreError, show } from "../errors.ts";

/** An instance of an allowed class; its code is not run, its state is what was pickled. */
export class PickledInstance {
  readonly className: string;
  state: unknown;

  constructor(className: string) {
    this.className = className;
  }
}

/** A class by its name, as pickled. */
class PickledClass {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const mark = Symbol("mark");

/**
 * Reads a Python pickle of protocol 2 to 5 as data. Dicts become Maps, tuples and sets arrays.
 * Nothing is ever called: a class outside of the allowed ones, or a request to call a function, is
 * refused.
 *
 * @param allowed - qualified class names
 * @throws FaissStoreError `UNSAFE_FILE`, `FILE_DAMAGED`
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the opcodes
 */
export function readPickle(bytes: Buffer, allowed: ReadonlySet<string>, path: string): unknown {
  const reader = new PickleReader(bytes, allowed, path);
  try {
    return reader.read();
  } catch (error) {
    if (FaissStoreError.isInstance(error)) throw error;
    throw reader.damaged("it ends early or is no pickle", error);
  }
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #allowed: ReadonlySet<string>;
  readonly #path: string;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #position = 0;

  constructor(bytes: Buffer, allowed: ReadonlySet<string>, path: string) {
    this.#bytes = bytes;
    this.#allowed = allowed;
    this.#path = path;
  }

  read(): unknown {
    for (;;) {
      const opcode = String.fromCharCode(this.#uint(1));
      if (opcode === ".") return this.#pop();
      this.#execute(opcode);
    }
  }

  damaged(how: string, cause?: unknown): FaissStoreError {
    return new FaissStoreError(
      "FILE_DAMAGED",
      `${this.#path} cannot be read: ${how}, at byte ${this.#position}.`,
      { path: this.#path },
      { cause },
    );
  }

  #execute(opcode: string): void {
    const stack = this.#stack;
    switch (opcode) {
      case "\x80": // PROTO
        this.#take(1);
        return;
      case "\x95": // FRAME
        this.#take(8);
        return;
      case "(":
        stack.push(mark);
        return;
      case "N":
        stack.push(null);
        return;
      case "\x88":
        stack.push(true);
        return;
      case "\x89":
        stack.push(false);
        return;
      case "K":
        stack.push(this.#uint(1));
        return;
      case "M":
        stack.push(this.#uint(2));
        return;
      case "J":
        stack.push(this.#take(4).readInt32LE());
        return;
      case "\x8a":
        stack.push(this.#long(this.#uint(1)));
        return;
      case "\x8b":
        stack.push(this.#long(this.#uint(4)));
        return;
      case "G":
        stack.push(this.#take(8).readDoubleBE());
        return;
      case "\x8c":
        stack.push(this.#text(this.#uint(1)));
        return;
      case "X":
        stack.push(this.#text(this.#uint(4)));
        return;
      case "\x8d":
        stack.push(this.#text(Number(this.#take(8).readBigUInt64LE())));
        return;
      case "]":
      case ")":
      case "\x8f": // EMPTY_LIST, EMPTY_TUPLE, EMPTY_SET
        stack.push([]);
        return;
      case "}":
        stack.push(new Map());
        return;
      case "t":
      case "\x91": // TUPLE, FROZENSET
        stack.push(this.#popToMark());
        return;
      case "\x85":
      case "\x86":
      case "\x87": // TUPLE1 to TUPLE3
        stack.push(this.#popMany(opcode.charCodeAt(0) - 0x84));
        return;
      case "a": // APPEND
        this.#addTo(this.#popMany(1));
        return;
      case "e":
      case "\x90": // APPENDS, ADDITEMS
        this.#addTo(this.#popToMark());
        return;
      case "s":
        this.#setItems(this.#popMany(2));
        return;
      case "u":
        this.#setItems(this.#popToMark());
        return;
      case "\x94": // MEMOIZE
        this.#memo.set(this.#memo.size, stack.at(-1));
        return;
      case "q":
        this.#memo.set(this.#uint(1), stack.at(-1));
        return;
      case "r":
        this.#memo.set(this.#uint(4), stack.at(-1));
        return;
      case "h":
        stack.push(this.#recall(this.#uint(1)));
        return;
      case "j":
        stack.push(this.#recall(this.#uint(4)));
        return;
      case "c": // GLOBAL
        stack.push(this.#class(this.#line(), this.#line()));
        return;
      case "\x93": {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        stack.push(this.#class(String(module), String(name)));
        return;
      }
      case "\x81": {
        // NEWOBJ
        const [type] = this.#popMany(2);
        if (!(type instanceof PickledClass))
          throw this.#unsafe("to make an object of what is no class");
        stack.push(new PickledInstance(type.name));
        return;
      }
      case "b": {
        // BUILD
        const state = this.#pop();
        const instance = stack.at(-1);
        if (!(instance instanceof PickledInstance))
          throw this.#unsafe("to set the state of what is no object");
        instance.state = state;
        return;
      }
      case "R":
      case "i":
      case "o":
      case "\x92":
        throw this.#unsafe("a function to be called");
      default:
        throw this.damaged(`it has the unknown opcode ${show(opcode)}`);
    }
  }

  #class(module: string, name: string): PickledClass {
    const qualified = `${module}.${name}`;
    if (!this.#allowed.has(qualified))
      throw this.#unsafe(`for ${show(qualified)}, which is none of the classes that belong there`);
    return new PickledClass(qualified);
  }

  #unsafe(what: string): FaissStoreError {
    return new FaissStoreError(
      "UNSAFE_FILE",
      `${this.#path} asks ${what}. A pickle can run any code when Python loads it, so do not open this one there either ` +
        "unless you trust where it came from. Nothing was run.",
      { path: this.#path },
    );
  }

  #take(length: number): Buffer {
    const end = this.#position + length;
    if (length < 0 || end > this.#bytes.length) throw this.damaged("it ends early");
    const part = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return part;
  }

  #uint(length: number): number {
    return this.#take(length).readUIntLE(0, length);
  }

  #long(length: number): number | bigint {
    const bytes = this.#take(length);
    if (length === 0) return 0;
    const magnitude = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    const value = BigInt.asIntN(length * 8, magnitude);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Python lets a surrogate stand alone, in three bytes; it becomes U+FFFD. */
  #text(length: number): string {
    return this.#take(length).toString("utf8");
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#position);
    if (end < 0) throw this.damaged("it ends early");
    const line = this.#take(end - this.#position).toString("utf8");
    this.#take(1);
    return line;
  }

  #pop(): unknown {
    if (this.#stack.length === 0) throw this.damaged("its stack runs empty");
    return this.#stack.pop();
  }

  #popMany(count: number): unknown[] {
    if (this.#stack.length < count) throw this.damaged("its stack runs empty");
    return this.#stack.splice(this.#stack.length - count);
  }

  #popToMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw this.damaged("its stack has no mark");
    const items = this.#stack.splice(start);
    return items.slice(1);
  }

  #addTo(items: unknown[]): void {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw this.damaged("it appends to what is no list");
    for (const item of items) list.push(item);
  }

  #setItems(items: unknown[]): void {
    const map = this.#stack.at(-1);
    if (!(map instanceof Map)) throw this.damaged("it sets an item of what is no dict");
    for (let position = 0; position + 1 < items.length; position += 2)
      map.set(items[position], items[position + 1]);
  }

  #recall(key: number): unknown {
    if (!this.#memo.has(key)) throw this.damaged("it recalls what it never kept");
    return this.#memo.get(key);
  }
}
