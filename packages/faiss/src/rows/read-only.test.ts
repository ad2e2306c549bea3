import { expect, it } from "vitest";
import { cloneRecord } from "./json-record.ts";
import { readOnlyRecord } from "./read-only.ts";

const stored = () => ({ at: new Date(5), list: [{ year: 1976, ats: [new Date(6)] }] });

it("freezes a record at every level, dates included", () => {
  const record = readOnlyRecord(stored());
  const changes = [
    () => Object.assign(record, { at: 1 }),
    () => record.list.push(record.list[0]!),
    () => Object.assign(record.list[0]!, { month: 5 }),
    () => Reflect.deleteProperty(record, "at") || fail(),
    () => record.at.setTime(0),
    () => record.list[0]!.ats[0]!.setUTCFullYear(2000),
  ];
  for (const change of changes) expect(change).toThrow(TypeError);
  expect(cloneRecord(record)).toEqual(stored());
  expect(readOnlyRecord(record)).toBe(record);
});

it("gives dates that are dates", () => {
  const { at } = readOnlyRecord(stored());
  expect(at).toBeInstanceOf(Date);
  expect(at.constructor).toBe(Date);
  expect(at > new Date(4) && at < new Date(6)).toBe(true);
  expect(Object.prototype.toString.call(at)).toBe("[object Date]");
  expect(JSON.stringify(at)).toBe('"1970-01-01T00:00:00.005Z"');
  const copy = structuredClone(at);
  copy.setTime(7);
  expect([copy.getTime(), at.getTime()]).toEqual([7, 5]);
  expect(() => readOnlyRecord(new Date(5)).setTime(0)).toThrow("read-only");
});

it("takes what is no object as it is", () => {
  for (const value of ["a", 1, true, null]) expect(readOnlyRecord(value)).toBe(value);
});

function fail(): never {
  throw new TypeError("was not deleted");
}
