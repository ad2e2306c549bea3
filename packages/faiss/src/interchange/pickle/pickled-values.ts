/** A dict. A Map would take 180 bytes of memory for each byte of a file of empty dicts. */
export class PickledDict {
  /** Keys and values in turn, in the order in which they were set. */
  readonly items: unknown[];

  constructor(items: unknown[] = []) {
    this.items = items;
  }

  /** @param items - keys and values in turn */
  set(items: readonly unknown[]): void {
    for (const item of items) this.items.push(item);
  }

  toMap(): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (let position = 0; position + 1 < this.items.length; position += 2)
      map.set(this.items[position], this.items[position + 1]);
    return map;
  }
}

/** A reference to a class, a function or another value of a module, by its qualified name. */
export class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * What Python would get by calling a class or a function. Nothing is called here: it is the
 * description of the call, and of what Python would then add to the result.
 */
export class PickledObject {
  /** The qualified name of what Python would call. */
  readonly className: string;
  readonly args: readonly unknown[];
  readonly keywords: PickledDict | undefined;
  /** The attributes, usually a dict. @default undefined: none */
  state: unknown = undefined;
  /** What Python would append or add. */
  items: unknown[] | undefined = undefined;
  /** What Python would set by key. */
  entries: PickledDict | undefined = undefined;

  constructor(className: string, args: readonly unknown[], keywords?: PickledDict) {
    this.className = className;
    this.args = args;
    this.keywords = keywords;
  }

  append(items: readonly unknown[]): void {
    this.items ??= [];
    for (const item of items) this.items.push(item);
  }

  /** @param items - keys and values in turn */
  set(items: readonly unknown[]): void {
    this.entries ??= new PickledDict();
    this.entries.set(items);
  }
}
