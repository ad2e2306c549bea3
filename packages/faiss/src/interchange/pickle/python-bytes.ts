import { PickledObject } from "./pickled-values.ts";

/**
 * Bytes, which protocols before 3 write as `_codecs.encode(text, "latin1")`, and Python 2 as text.
 *
 * @returns undefined for what is none
 */
export function bytes(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return latin1(value);
  return value instanceof PickledObject && binaryClasses.has(value.className)
    ? bytesOf(value)
    : undefined;
}

const binaryClasses = new Set(["_codecs.encode", "builtins.bytes", "builtins.bytearray"]);

/** The bytes of `bytes`, `bytearray` and `_codecs.encode`. */
export function bytesOf({ args, state }: PickledObject): Buffer | undefined {
  const [content, encoding] = args;
  if (args.length === 0) return Buffer.alloc(0);
  if (state instanceof Object || !isLatin1(encoding)) return undefined;
  return encoding === undefined && typeof content === "string" ? undefined : bytes(content);
}

function isLatin1(encoding: unknown): boolean {
  return encoding === undefined || encoding === "latin1" || encoding === "latin-1";
}

function latin1(text: string): Buffer | undefined {
  return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined;
}
