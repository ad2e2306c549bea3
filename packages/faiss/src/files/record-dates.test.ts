import { expect, it } from "vitest";
import { hasDates } from "../rows/json-record.ts";
import { datePaths, restoreDates } from "./record-dates.ts";

const saved = (record: unknown) => JSON.parse(JSON.stringify([record, datePaths(record)]));

it("restores the dates of a record, and nothing that looks like one", () => {
  const proto = JSON.parse('{"__proto__": {"at": 1}}');
  Object.getOwnPropertyDescriptor(proto, "__proto__")!.value.at = new Date(3);
  for (const record of [
    new Date(1),
    [new Date(1), "1970-01-01T00:00:00.001Z", [new Date(-1)]],
    { at: new Date(2), date: "1970-01-01T00:00:00.002Z", $date: { 0: new Date("+012345-01-01") } },
    proto,
  ]) {
    const [plain, paths] = saved(record);
    const restored = restoreDates(plain, paths)!.record;
    expect(restored).toEqual(record);
    expect(hasDates(restored)).toBe(true);
  }
  expect(datePaths({ date: "1970-01-01T00:00:00.002Z", list: [1, null] })).toEqual([]);
});

it.each<[string, unknown, unknown]>([
  ["no paths", { at: "1970-01-01T00:00:00.000Z" }, []],
  ["paths that are no arrays", { at: "1970-01-01T00:00:00.000Z" }, ["at"]],
  ["a missing key", { at: "1970-01-01T00:00:00.000Z" }, [["when"]]],
  ["an inherited key", {}, [["__proto__", "at"]]],
  ["an inherited value", {}, [["constructor", "name"]]],
  ["a position that is a string", ["1970-01-01T00:00:00.000Z"], [["0"]]],
  ["a date in another form", ["1970-01-01"], [[0]]],
  ["a text", ["Mars"], [[0]]],
  ["a number", [0], [[0]]],
  ["the same path twice", ["1970-01-01T00:00:00.000Z"], [[0], [0]]],
  ["a key of a string", ["1970-01-01T00:00:00.000Z"], [[0, 0]]],
])("refuses %s", (_, record, paths) => {
  expect(restoreDates(record, paths)).toBeUndefined();
});
