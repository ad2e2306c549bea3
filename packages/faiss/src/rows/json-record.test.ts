import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { cloneRecord, copyRecord, frozenJson, hasDates, isTooDeep } from "./json-record.ts";

const copyOf = <R>(record: R): R =>
  copyRecord(record, () => ({ name: 'Item 3 ("mars")', details: { position: 3, id: "mars" } }));

function refusal(record: unknown): FaissStoreError {
  try {
    copyOf(record);
  } catch (error) {
    if (FaissStoreError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("The record was not refused.");
}

describe("copyRecord", () => {
  it("copies JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = copyOf(value);
        expect(copy).toEqual(JSON.parse(JSON.stringify(value)));
        expect(cloneRecord(copy)).toEqual(copy);
        if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
        expect(hasDates(copy)).toBe(false);
      }),
    );
  });

  it("leaves out undefined properties and symbol keys, and keeps a key named __proto__", () => {
    expect(copyOf({ none: undefined, one: 1, [Symbol("two")]: 2 })).toEqual({ one: 1 });
    expect(Object.is(copyOf([-0])[0], 0), "a record is the same after it was saved").toBe(true);
    const copy = copyOf(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.keys(copy)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it("copies dates", () => {
    const record = { at: new Date(5), list: [{ at: new Date("+010000-01-01") }] };
    const copy = copyOf(record);
    expect(copy).toEqual(record);
    record.at.setTime(6);
    expect(copy.at).toEqual(new Date(5));
    expect(hasDates(copy)).toBe(true);
    expect(copyOf(new Date(7))).toEqual(new Date(7));
  });

  it("copies what is plain in another realm, and what has no prototype", () => {
    const foreign = runInNewContext('({ list: [{ at: new Date(5), text: "a" }] })');
    const copy = copyOf(foreign);
    expect(copy).toEqual({ list: [{ at: new Date(5), text: "a" }] });
    expect(copy.list[0].at).toBeInstanceOf(Date);
    const bare = Object.assign(Object.create(null), { at: 1 });
    expect(Object.getPrototypeOf(copyOf(bare))).toBe(Object.prototype);
    expect(refusal(runInNewContext("({ tags: new Set([1]) })")).message).toContain("[...value]");
  });

  class Planet {
    name = "Mars";
  }
  class Amount {
    toJSON() {
      return "1.50";
    }
  }
  class Moment extends Date {}
  class List extends Array {}

  it.each<[unknown, string]>([
    [Number.NaN, "is NaN. Store null"],
    [Number.NEGATIVE_INFINITY, "is -Infinity. Store null"],
    [10n, "is 10n. Store String(value)"],
    [() => 1, "is a function. Leave it out."],
    [Symbol("x"), "is Symbol(x). Leave it out."],
    [new Date(Number.NaN), "is an invalid Date. Store null"],
    [new Moment(), "is an object of the class Moment. Store new Date(value)."],
    [new URL("http://a.b/"), "is an object of the class URL. Store value.href."],
    [Buffer.from("a"), 'the class Buffer. Store Buffer.from(value).toString("base64").'],
    [new Float32Array(2), "the class Float32Array. Store Array.from(value)."],
    [new ArrayBuffer(2), "the class ArrayBuffer. Store Buffer.from(value)"],
    [new Map(), "the class Map. Store Object.fromEntries(value)."],
    [new Set(), "the class Set. Store [...value]."],
    [new List(), "the class List. Store [...value]."],
    [/x/, "the class RegExp. Store String(value)."],
    [new TypeError("x"), "the class TypeError. Store String(value)."],
    [Promise.resolve(1), "the class Promise. Store what it resolves to: add the missing `await`."],
    [Object(1), "the class Number. Store value.valueOf()."],
    [Object("a"), "the class String. Store value.valueOf()."],
    [new Amount(), "the class Amount. Store value.toJSON()."],
    [new Planet(), "the class Planet. Store a plain object with its values"],
    [new URLSearchParams("a=1"), "Store Object.fromEntries(value) if it has keys and values, or"],
    [new WeakMap(), "the class WeakMap. Store what its methods return, or"],
    [new Blob([]), "the class Blob."],
    [Object.create({ inherited: 1 }), "the class Object."],
  ])("refuses %o, with its path and what to store", (value, message) => {
    for (const [record, path] of [
      [{ pages: [1, { size: value }] }, "record.pages[1].size"],
      [{ "a b": [value] }, 'record["a b"][0]'],
      [value, "record"],
    ] as const) {
      expect(refusal(record)).toMatchObject({
        code: "INVALID_RECORD",
        details: { position: 3, id: "mars", path },
        message: expect.stringContaining(`Item 3 ("mars") cannot be stored: ${path} is `),
      });
      expect(refusal(record).message).toContain(message);
    }
  });

  it("refuses undefined and holes in arrays", () => {
    expect(refusal([1, undefined]).message).toContain("record[1] is undefined. Store null");
    // biome-ignore lint/suspicious/noSparseArray: it is what the test is about
    expect(refusal({ list: [1, , 3] }).message).toContain("record.list[1] is undefined");
    expect(refusal(new Array(2 ** 32 - 1)).details.path).toBe("record[0]");
  });

  it("refuses what throws when it is read, with its path and the cause", () => {
    const cause = new TypeError("cannot be read");
    const throwing = {
      list: [
        {
          get broken(): never {
            throw cause;
          },
        },
      ],
    };
    expect(refusal(throwing)).toMatchObject({
      details: { path: "record.list[0].broken" },
      message: expect.stringContaining('record.list[0].broken cannot be read: "cannot be read"'),
      cause,
    });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal({ proxy }).details.path).toBe("record.proxy");
    expect(
      copyOf({
        get fine() {
          return 1;
        },
      }),
    ).toEqual({ fine: 1 });
  });

  it("refuses records that are nested too deeply or contain themselves", () => {
    const cyclic: unknown[] = [0];
    cyclic.push({ again: [cyclic] });
    expect(refusal({ cyclic })).toMatchObject({
      message: expect.stringContaining("record.cyclic[1].again[0] contains itself."),
    });
    const longKeys = JSON.parse(`${'{"key of a level":'.repeat(9_000)}1${"}".repeat(9_000)}`);
    for (const record of [nested(501), nested(100_000), longKeys]) {
      const error = refusal(record);
      expect(error.message).toContain("is nested more than 500 levels deep");
      expect(error.message.length).toBeLessThan(200);
    }
    expect(refusal(nested(501)).message).toContain(
      "record[0][0][0][0][0][0][0][0] … [0][0][0][0][0][0][0][0][0][0] is nested",
    );
    expect(cloneRecord(copyOf(nested(500)))).toEqual(nested(500));
    const shared = { a: 1 };
    expect(copyOf([shared, shared])).toEqual([{ a: 1 }, { a: 1 }]);
    expect([nested(500), nested(501), nested(100_000)].map((value) => isTooDeep(value))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("refuses a record whose JSON does not fit into a string", { timeout: 60_000 }, () => {
    const half = "x".repeat(2 ** 28);
    const escaped = "\0".repeat(90_000_000);
    for (const record of [{ one: half, other: half }, { escaped }]) {
      const error = refusal(record);
      expect(error.details).toEqual({ position: 3, id: "mars", path: "record" });
      expect(error.message).toMatch(
        /^Item 3 \("mars"\) cannot be stored: record needs more than \d+ characters of JSON/,
      );
    }
    expect(copyOf([escaped.slice(0, 80_000_000)])).toHaveLength(1);
  });
});

describe("frozenJson", () => {
  it("copies and freezes JSON, or says what is wrong", () => {
    const value = { list: [1] };
    const copy = frozenJson(value, "identity");
    expect(copy).toEqual({ json: { list: [1] } });
    value.list.push(2);
    expect(copy).toEqual({ json: { list: [1] } });
    expect(frozenJson({ a: [new Date()] }, "identity")).toEqual({
      fault: "identity.a[0] is a Date. Use date.toISOString().",
    });
  });
});

function nested(levels: number): unknown {
  return JSON.parse("[".repeat(levels) + "]".repeat(levels));
}
