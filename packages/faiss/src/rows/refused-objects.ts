import { types } from "node:util";

/** Completes "it is …" for an object that is not plain. */
export function describeObject(value: object): string {
  const maker: unknown = value.constructor;
  const name = typeof maker === "function" ? maker.name : "";
  return name === "" ? "an object of a class" : `an object of the class ${name}`;
}

/** What to store instead of an object that is not plain. */
export function remedyFor(value: object): string {
  if (types.isBoxedPrimitive(value)) return "value.valueOf()";
  if (types.isMap(value)) return "Object.fromEntries(value)";
  if (types.isSet(value) || Array.isArray(value)) return "[...value]";
  if (types.isUint8Array(value)) return 'Buffer.from(value).toString("base64")';
  if (types.isTypedArray(value)) return "Array.from(value)";
  if (types.isAnyArrayBuffer(value)) return 'Buffer.from(value).toString("base64")';
  if (types.isPromise(value)) return "what it resolves to: add the missing `await`";
  if (types.isRegExp(value) || types.isNativeError(value)) return "String(value)";
  if (value instanceof URL) return "value.href";
  if ("toJSON" in value && typeof value.toJSON === "function") return "value.toJSON()";
  if (Symbol.iterator in value)
    return "Object.fromEntries(value) if it has keys and values, or [...value]";
  // `{ ...value }` would lose values that the class keeps private.
  if (Object.keys(value).length === 0)
    return "what its methods return, or String(value), or leave it out";
  return "a plain object with its values, such as { ...value }, or String(value)";
}
