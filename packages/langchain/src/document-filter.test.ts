import { describe, expect, it } from "vitest";
import { documentPredicate } from "./document-filter.ts";

describe("documentPredicate", () => {
  it.each([
    ["en", "A filter must be a function or an object; "],
    [["en"], "A filter must be a function or an object; "],
    [{ year: { $ge: 1 } }, "Did you mean $gte?"],
    [{ lang: { $regex: "e" } }, "For anything else, use a function of the document."],
    [{ $or: [{ lang: "en" }, "de"] }, '$or[1] of a filter must be an object; "de" was given.'],
  ])("refuses %j with the error of the store", (filter, message) => {
    expect(() => documentPredicate(filter as never)).toThrow(
      expect.objectContaining({
        name: "FaissStoreError",
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(message),
      }),
    );
  });
});
