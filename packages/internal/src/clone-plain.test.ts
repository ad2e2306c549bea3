import { expect, it } from "vitest";
import { clonePlain } from "./clone-plain.ts";

it("shares nothing with the original", () => {
  const original = { list: [{ at: new Date(5) }], text: "a", none: null };
  const clone = clonePlain(original);
  expect(clone).toEqual(original);
  clone.list[0]!.at.setTime(6);
  clone.list.push({ at: new Date(7) });
  expect(original).toEqual({ list: [{ at: new Date(5) }], text: "a", none: null });
});

it("keeps a key named __proto__", () => {
  const clone = clonePlain(JSON.parse('{"__proto__": {"polluted": true}}'));
  expect(Object.keys(clone)).toEqual(["__proto__"]);
  expect(clone.polluted).toBeUndefined();
});
