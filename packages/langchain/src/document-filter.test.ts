import { Document } from "@langchain/core/documents";
import { describe, expect, it } from "vitest";
import { documentPredicate } from "./document-filter.ts";

const mars = new Document({
  id: "mars",
  pageContent: "It is red.",
  metadata: { lang: "en", year: 1976, moons: null },
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
    [{ lang: "en", year: 1977 }, false],
    [{ year: "1976" }, false],
    [{ planet: "Mars" }, false],
    [{ planet: null }, false],
    [{ toString: "x" }, false],
  ])("compares metadata with %j: %s", (filter, expected) => {
    expect(documentPredicate(filter as never)(mars)).toBe(expected);
  });

  it.each([
    [{ year: { $gt: 1970 } }, /"year" must be a string, number, boolean or null/],
    [{ lang: ["en"] }, /use a function of the document/],
    [{ lang: undefined }, /undefined was given/],
    [{ year: 1976n }, /1976n was given/],
    [["en"], /must be a function or an object/],
    ["en", /must be a function or an object/],
  ])("rejects %s", (filter, message) => {
    expect(() => documentPredicate(filter as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(message),
      }),
    );
  });
});
