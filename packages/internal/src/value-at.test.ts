import { expect, test } from "vitest";
import { valueAt } from "./value-at.ts";

test.for<[string, object, unknown]>([
  ["a.b", { a: { b: 1 } }, 1],
  ["a.b", { "a.b": 2, a: { b: 1 } }, 2],
  ["a.b", { "a.b": null, a: { b: 1 } }, null],
  ["a.b.c", { "a.b": { c: 3 } }, 3],
  ["a.b.c", { a: { "b.c": 4 } }, 4],
  ["a.b", { a: "text" }, undefined],
  ["a.length", { a: [1] }, undefined],
  ["a.0", { a: [5] }, 5],
  ["a.constructor", { a: {} }, undefined],
])("the key %s of %o leads to %o", ([key, data, expected]) => {
  expect(valueAt(data, key)).toBe(expected);
});
