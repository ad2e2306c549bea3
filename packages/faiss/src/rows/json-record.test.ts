import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { cloneRecord, copyRecord, isTooDeep } from "./json-record.ts";

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
    expect(Object.is(copyRecord([-0], "id")[0], 0), "a record is the same after it was saved").toBe(
      true,
    );
    const evil = JSON.parse('{"__proto__": {"polluted": true}}');
    const copy = copyRecord(evil, "id");
    expect(Object.keys(copy)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(cloneRecord(copy))).toEqual(["__proto__"]);
  });

  it("names the id and the path of a value that JSON cannot represent", () => {
    try {
      copyRecord({ pages: [{ size: 1 }, { size: Number.NaN }] }, "mars");
      expect.unreachable();
    } catch (error) {
      expect(FaissStoreError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({
        code: "INVALID_RECORD",
        details: { id: "mars", path: "record.pages[1].size" },
        message: expect.stringContaining(
          'item "mars" cannot be stored as JSON: record.pages[1].size is NaN, which JSON cannot',
        ),
      });
    }
  });

  it("refuses records that are nested too deeply, contain themselves or throw", () => {
    const cyclic: unknown[] = [];
    cyclic.push({ again: cyclic });
    const throwing = {
      get broken(): never {
        throw new TypeError("cannot be read");
      },
    };
    const endless = { toJSON: () => ({ ...endless }) };
    const longKeys = JSON.parse(`${'{"key of a level":'.repeat(9_000)}1${"}".repeat(9_000)}`);
    for (const record of [nested(501), nested(100_000), longKeys, cyclic, throwing, endless]) {
      try {
        copyRecord(record, "mars");
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: "INVALID_RECORD", details: { id: "mars" } });
        expect((error as Error).message.length).toBeLessThan(600);
      }
    }
    expect(cloneRecord(copyRecord(nested(500), "mars"))).toEqual(nested(500));
    expect([nested(500), nested(501), nested(100_000)].map((value) => isTooDeep(value))).toEqual([
      false,
      true,
      true,
    ]);
  });
});

function nested(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}
