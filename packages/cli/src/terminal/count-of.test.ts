import { expect, it } from "vitest";
import { countOf } from "./count-of.ts";

it("says one or many", () => {
  expect([0, 1, 1200].map((count) => countOf(count, "query", "queries"))).toEqual([
    "0 queries",
    "1 query",
    "1,200 queries",
  ]);
  expect(countOf(2, "file")).toBe("2 files");
});
