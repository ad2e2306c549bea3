import { describe, expect, it } from "vitest";
import { documentPredicate } from "./document-filter.ts";

describe("documentPredicate", () => {
  it.each([
    ["en", "A filter must be a function or an object; "],
    [["en"], "A filter must be a function or an object; "],
    [{ year: { $ge: 1 } }, "Did you mean $gte?"],
    [{ $or: [{ lang: "en" }, "de"] }, '$or[1] of a filter must be an object; "de" was given.'],
  ])("refuses %j with the error of the store", (filter, message) => {
    expect(() => documentPredicate(filter as never)).toThrow(
      expect.objectContaining({
        name: "FaissStoreError",
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(message),
        details: expect.not.objectContaining({ needsFunction: true }),
      }),
    );
  });

  it("advises a function for what no filter can say, and marks the error", () => {
    expect(() => documentPredicate({ lang: { $regex: "e" } } as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/"\$regex" was given\. For anything else, use a function/),
        details: expect.objectContaining({
          needsFunction: true,
          reason: expect.stringMatching(/"\$regex" was given\.$/),
        }),
      }),
    );
  });
});
