import { expect, it } from "vitest";
import { objectMembers } from "./object-members.ts";

it.each([
  ["{}", []],
  [' { "id" : 1827364554637281999 } ', ['"id" : 1827364554637281999']],
  ['{"a":1.0,"a":-0}', ['"a":1.0', '"a":-0']],
  [
    String.raw`{"a,}\"{": {"b": ["]}", {"c": 1}, "\\"]}, "d\u0065": [1, 2], "é": "\\\","}`,
    [
      String.raw`"a,}\"{": {"b": ["]}", {"c": 1}, "\\"]}`,
      String.raw`"d\u0065": [1, 2]`,
      String.raw`"é": "\\\","`,
    ],
  ],
])("splits %s", (text, members) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(objectMembers(text).map((member) => member.text)).toEqual(members);
});

it("reads the keys", () => {
  const members = objectMembers(String.raw`{"d\u0065" : 1, "": {"a": 2}}`);
  expect(members.map(({ key }) => key)).toEqual(["de", ""]);
});
