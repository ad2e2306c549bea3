import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { cloneRecord, copyRecord } from "./json-record.ts";

describe("copyRecord", () => {
  it("copies as JSON does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = copyRecord(value, "id");
        expect(copy).toEqual(JSON.parse(JSON.stringify(value)));
        expect(cloneRecord(copy)).toEqual(copy);
        if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  it("follows toJSON, leaves out undefined properties, and keeps a key named __proto__", () => {
    const record = { at: new Date(0), none: undefined, at2: new URL("http://a.b/") };
    expect(copyRecord(record, "id")).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      at2: "http://a.b/",
    });
    expect(
      Object.is(copyRecord([-0], "id")[0], 0),
      "a record reads the same after it was saved",
    ).toBe(true);
    const evil = JSON.parse('{"__proto__": {"polluted": true}}');
    const copy = copyRecord(evil, "id");
    expect(Object.keys(copy)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(cloneRecord(copy))).toEqual(["__proto__"]);
  });

  it("names the id and the path of what JSON cannot hold", () => {
    try {
      copyRecord({ pages: [{ size: 1 }, { size: Number.NaN }] }, "mars");
      expect.unreachable();
    } catch (error) {
      expect(FaissStoreError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({
        code: "INVALID_RECORD",
        details: { id: "mars", path: "record.pages[1].size" },
        message: expect.stringContaining(
          'of item "mars" record.pages[1].size is NaN, which JSON cannot hold',
        ),
      });
    }
  });
});
