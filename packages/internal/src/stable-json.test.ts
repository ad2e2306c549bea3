import fc from "fast-check";
import { expect, test } from "vitest";
import { stableJson } from "./stable-json.ts";

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

test("does not depend on the order of keys, and parses to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(stableJson(reversed(plain))).toBe(stableJson(plain));
      expect(JSON.parse(stableJson(plain))).toEqual(plain);
    }),
  );
});

test("keeps the order of arrays", () => {
  expect(stableJson([{ b: 1, a: 2 }, 1])).toBe('[{"a":2,"b":1},1]');
});
