import { expect, it } from "vitest";
import { isSameValue, timeOf } from "./time-of.ts";

it.each([
  [new Date(5), 5],
  ["1970-01-01", 0],
  ["1970-01-01T00:00:01Z", 1000],
  ["1970-01-01T01:00:00.500+01:00", 500],
  ["+010000-01-01T00:00:00.000Z", Date.UTC(10_000, 0)],
  ["1970", 0],
  ["1970-02", 31 * 24 * 3600 * 1000],
  ["197", undefined],
  ["19700101", undefined],
  ["1970-13-01", undefined],
  ["2023-02-29", undefined],
  ["2024-02-30T12:00:00Z", undefined],
  ["2024-02-29", Date.UTC(2024, 1, 29)],
  ["01/02/1970", undefined],
  ["on 1970-01-01", undefined],
  [0, undefined],
  [null, undefined],
  [new Date(Number.NaN), Number.NaN],
])("the time of %o is %o", (value, time) => {
  expect(timeOf(value)).toBe(time);
});

it("dates are equal to dates and ISO strings of the same time", () => {
  const date = new Date("2024-05-01");
  for (const other of [new Date("2024-05-01"), "2024-05-01", "2024-05-01T02:00:00+02:00"]) {
    expect(isSameValue(date, other)).toBe(true);
    expect(isSameValue(other, date)).toBe(true);
  }
  for (const other of [new Date("2024-05-02"), "2024", "", "May 1, 2024", date.getTime(), null])
    expect(isSameValue(date, other)).toBe(false);
  expect(isSameValue("2024-05-01", "2024-05-01T00:00:00Z")).toBe(false);
  expect(isSameValue(1, "1")).toBe(false);
});
