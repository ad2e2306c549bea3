import { Document } from "@langchain/core/documents";
import { describe, expect, it } from "vitest";
import { documentPredicate } from "./document-filter.ts";

const mars = new Document({
  id: "mars",
  pageContent: "It is red.",
  metadata: { lang: "en", year: 1976, moons: null, landed: new Date("1976-07-20") },
});

describe("documentPredicate", () => {
  it("calls a function", () => {
    expect(documentPredicate(({ id }) => id === "mars")(mars)).toBe(true);
    expect(documentPredicate(({ metadata }) => metadata.year > 2000)(mars)).toBe(false);
  });

  it.each([
    [{}, true],
    [{ lang: "en" }, true],
    [{ lang: "en", year: 1976 }, true],
    [{ moons: null }, true],
    [{ landed: new Date("1976-07-20") }, true],
    [{ landed: "1976-07-20" }, true],
    [{ landed: "1976-07-20T00:00:00.000Z" }, true],
    [{ landed: new Date("1976-07-21") }, false],
    [{ landed: 1976 }, false],
    [{ lang: "en", year: 1977 }, false],
    [{ year: "1976" }, false],
    [{ planet: "Mars" }, false],
    [{ planet: null }, false],
    [{ toString: "x" }, false],
  ])("compares metadata with %j: %s", (filter, expected) => {
    expect(documentPredicate(filter as never)(mars)).toBe(expected);
  });

  it.each([
    [{ year: { $gt: 1970 } }, /"year" must be a string, number, boolean, valid Date or null/],
    [{ lang: ["en"] }, /use a function of the document/],
    [{ lang: undefined }, /undefined was given/],
    [{ year: 1976n }, /1976n was given/],
    [{ landed: new Date("never") }, /valid Date/],
    [["en"], /must be a function or an object/],
    ["en", /must be a function or an object/],
    [new Map([["lang", "en"]]), /must be a function or an object; an object \(Map\)/],
    [new Date(), /must be a function or an object; an object \(Date\)/],
  ])("rejects %s", (filter, message) => {
    expect(() => documentPredicate(filter as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });
});
