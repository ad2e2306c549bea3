import { FaissStoreError } from "@embeddinggemma/faiss";
import { kindsOf } from "@embeddinggemma/internal";
import { adviceOn } from "@embeddinggemma/internal/filters";
import type { MetadataFilter } from "@llamaindex/core/vector-store";
import { describe, expect, it } from "vitest";
import { metadataPredicate, soughtKinds, typeAdvice } from "./metadata-filters.ts";

const metadata: Record<string, unknown> = {
  lang: "en",
  year: 1998,
  zero: 0,
  blank: "",
  done: true,
  tags: ["red", "planet", 4],
  none: null,
  bare: [],
  landed: new Date("1976-07-20"),
  seen: [new Date(5), "1976-07-20"],
  written: "1976-07-20T00:00:00.000Z",
};

/** LlamaIndex's types know no dates as values of filters. */
const date = (text: string) => new Date(text) as never;

const lookup = (key: string) => metadata[key];

const passing: MetadataFilter[] = [
  { key: "lang", operator: "==", value: "en" },
  { key: "lang", operator: "!=", value: "de" },
  { key: "year", operator: "==", value: 1998 },
  { key: "year", operator: "!=", value: "1998" },
  { key: "lang", operator: "in", value: ["de", "en"] },
  { key: "zero", operator: "in", value: [0, 1] },
  { key: "blank", operator: "in", value: [""] },
  { key: "year", operator: "nin", value: [1997] },
  { key: "year", operator: ">", value: 1997 },
  { key: "year", operator: ">=", value: 1998 },
  { key: "year", operator: "<", value: 1999 },
  { key: "year", operator: "<=", value: 1998 },
  { key: "lang", operator: ">", value: "de" },
  { key: "tags", operator: "any", value: ["blue", "red"] },
  { key: "tags", operator: "all", value: ["planet", "red"] },
  { key: "tags", operator: "contains", value: 4 },
  { key: "tags", operator: "text_match", value: "red" },
  { key: "lang", operator: "text_match", value: "n" },
  { key: "none", operator: "!=", value: "en" },
  { key: "none", operator: "nin", value: ["en"] },
  { key: "missing", operator: "is_empty" },
  { key: "none", operator: "is_empty" },
  { key: "blank", operator: "is_empty" },
  { key: "bare", operator: "is_empty" },
  { key: "landed", operator: "==", value: date("1976-07-20") },
  { key: "landed", operator: "==", value: "1976-07-20T00:00:00.000Z" },
  { key: "landed", operator: "!=", value: date("1976-07-21") },
  { key: "landed", operator: "in", value: ["1976-07-19", date("1976-07-20")] },
  { key: "landed", operator: "nin", value: [date("1976-07-21"), "Mars"] },
  { key: "landed", operator: ">", value: date("1976-01-01") },
  { key: "landed", operator: ">=", value: "1976-07-20" },
  { key: "landed", operator: "<", value: "1977" },
  { key: "landed", operator: "<=", value: date("1976-07-20") },
  { key: "landed", operator: "text_match", value: "1976-07" },
  { key: "seen", operator: "any", value: [date("1970-01-01T00:00:00.005Z")] },
  { key: "seen", operator: "all", value: [date("1970-01-01T00:00:00.005Z"), "1976-07-20"] },
  { key: "seen", operator: "contains", value: date("1976-07-20") },
  { key: "written", operator: ">", value: date("1976-07-19") },
  { key: "written", operator: "==", value: date("1976-07-20") },
];

const failing: MetadataFilter[] = [
  { key: "landed", operator: "==", value: date("1976-07-21") },
  { key: "landed", operator: "is_empty" },
  { key: "landed", operator: ">", value: 0 },
  { key: "landed", operator: "==", value: new Date("1976-07-20").getTime() },
  { key: "landed", operator: ">", value: "Mars" },
  { key: "landed", operator: "<", value: date("1976-07-20") },
  { key: "year", operator: ">", value: date("1976-07-20") },
  { key: "lang", operator: ">", value: date("1976-07-20") },
  { key: "seen", operator: "contains", value: date("1976-07-21") },
  { key: "lang", operator: "==", value: "de" },
  { key: "lang", operator: "!=", value: "en" },
  { key: "missing", operator: "!=", value: "en" },
  { key: "missing", operator: "nin", value: ["en"] },
  { key: "zero", operator: "nin", value: [0] },
  { key: "none", operator: "==", value: "en" },
  { key: "none", operator: "<", value: 5 },
  { key: "none", operator: "contains", value: "en" },
  { key: "none", operator: "text_match", value: "n" },
  { key: "year", operator: ">", value: 1998 },
  { key: "year", operator: ">", value: "1" },
  { key: "lang", operator: "<", value: 5 },
  { key: "lang", operator: "any", value: ["en"] },
  { key: "tags", operator: "all", value: ["red", "blue"] },
  { key: "tags", operator: "contains", value: "plan" },
  { key: "tags", operator: "text_match", value: "plan" },
  { key: "year", operator: "text_match", value: "19" },
  { key: "lang", operator: "is_empty" },
  { key: "zero", operator: "is_empty" },
];

describe("metadataPredicate", () => {
  const test = (filter: MetadataFilter) => metadataPredicate({ filters: [filter] })(lookup);

  it.each(passing)("passes $key $operator $value", (filter) => expect(test(filter)).toBe(true));
  it.each(failing)("fails $key $operator $value", (filter) => expect(test(filter)).toBe(false));

  it.each([
    ["==", new Date("2024-05-01T12:00:00Z"), true],
    ["==", "2024-05-01T12:00:00.000Z", true],
    ["!=", "2024-05-01T12:00:00.000Z", false],
    ["==", 1_714_564_800_000, false],
    [">", new Date("2024-05-01"), true],
    [">", "2024-05-02", false],
    ["<=", "2024-05-02", true],
    ["<", "z", false],
    ["in", ["2024-05-01T14:00:00+02:00"], true],
    ["nin", [new Date("2024-05-01T12:00:00Z")], false],
  ] as const)("compares a date: %s %s is %s", (operator, value, expected) => {
    const filter = { key: "at", operator, value } as unknown as MetadataFilter;
    const at = new Date("2024-05-01T12:00:00Z");
    expect(metadataPredicate({ filters: [filter] })(() => at)).toBe(expected);
  });

  it("finds dates in arrays", () => {
    const at = new Date(0);
    const test = (operator: string, value: unknown) =>
      metadataPredicate({ filters: [{ key: "at", operator, value }] } as never)(() => [at, "x"]);
    expect(test("contains", new Date(0))).toBe(true);
    expect(test("any", [new Date(1), "x"])).toBe(true);
    expect(test("all", ["1970-01-01", "x"])).toBe(true);
    expect(test("all", [new Date(1), "x"])).toBe(false);
  });

  it("compares booleans", () => {
    const filter = { key: "done", operator: "==", value: true } as unknown as MetadataFilter;
    expect(test(filter)).toBe(true);
  });

  it("combines filters with and, or with or if the condition is or", () => {
    const filters = [passing[0]!, failing[0]!];
    expect(metadataPredicate({ filters })(lookup)).toBe(false);
    expect(metadataPredicate({ filters, condition: "and" })(lookup)).toBe(false);
    expect(metadataPredicate({ filters, condition: "or" })(lookup)).toBe(true);
    expect(metadataPredicate({ filters: [] })(lookup)).toBe(true);
  });

  it("takes nested filters", () => {
    const either = { condition: "or", filters: [failing[0]!, passing[0]!] };
    const pass = (filters: unknown[]) => metadataPredicate({ filters } as never)(lookup);
    expect(pass([passing[1]!, either])).toBe(true);
    expect(pass([failing[1]!, either])).toBe(false);
    expect(pass([{ filters: [{ filters: [failing[0]!] }] }])).toBe(false);
  });

  it.each([
    [{ filters: [{ key: "lang", operator: "like", value: "e" }] }, /like/],
    [{ filters: [{ key: "lang", operator: "toString", value: "e" }] }, /toString/],
    [{ filters: [], condition: "not" }, /not/],
    [{ filters: [{ key: "lang", operator: "==", value: ["en"] }] }, /`lang ==` must be a string/],
    [{ filters: [{ key: "lang", operator: "==" }] }, /undefined was given/],
    [{ filters: [{ key: "lang", operator: "in", value: "en" }] }, /`lang in` must be an array/],
    [{ filters: [{ key: "lang", operator: "==", value: 1n }] }, /1n was given/],
    [{ filters: [{ key: "at", operator: "==", value: new Date("?") }] }, /or valid Date/],
    [[], /filters must be an object with an array `filters`; an array of 0 was given/],
    [{}, /filters must be an object with an array `filters`/],
    [{ filters: [null] }, /A metadata filter must be an object .*; null was given/],
    [{ filters: [{ filters: {} }] }, /filters must be an object with an array `filters`/],
    [{ filters: [], conditon: "or" }, /no option `conditon`. Did you mean `condition`\?/],
    [{ filters: [{ name: "lang", operator: "==", value: "e" }] }, /There is no option `name`/],
  ])("rejects %s", (filters, message) => {
    const error = catching(() => metadataPredicate(filters as never));
    expect(FaissStoreError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });
});

function catching(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe("soughtKinds", () => {
  it.each<[Partial<MetadataFilter>, string[]]>([
    [{ operator: "==", value: "2" }, ["string"]],
    [{ operator: ">", value: "2026-02-01" }, ["string", "date"]],
    [{ operator: "<=", value: date("2026-02-01") }, ["date"]],
    [{ operator: "in", value: ["a", 2, "b"] as never }, ["string", "number"]],
    [{ operator: "contains", value: 2 }, ["list"]],
    [{ operator: "any", value: ["a"] }, ["list"]],
    [{ operator: "all", value: [] }, ["list"]],
    [{ operator: "text_match", value: 2 }, ["string", "date", "list"]],
  ])("of %j are %j, and no others pass", (part, kinds) => {
    const filter = { key: "x", ...part } as MetadataFilter;
    const and = { filters: [{ filters: [filter] } as never, filter], condition: "and" as const };
    const advice = part.operator === "text_match" && { advice: expect.any(String) };
    const sought = { key: "x", kinds, ...advice };
    expect(soughtKinds(and)).toEqual([sought, sought]);
    const passes = metadataPredicate({ filters: [filter] });
    for (const value of Object.values(metadata))
      if (!kindsOf(value).some((kind) => kinds.includes(kind)))
        expect(
          passes(() => value),
          String(value),
        ).toBe(false);
  });

  it("says what text_match looks for", () => {
    const [sought] = soughtKinds({ filters: [{ key: "x", operator: "text_match", value: "2" }] });
    const found = new Map([["number" as const, 2]]);
    expect(adviceOn({ ...sought!, found }, typeAdvice)).toContain("a part of a text");
  });

  it.each<Partial<MetadataFilter>>([
    { operator: "!=", value: "2" },
    { operator: "nin", value: ["2"] },
    { operator: "in", value: [] },
    { operator: "is_empty" },
  ])("are none for %j", (part) => {
    expect(soughtKinds({ filters: [{ key: "x", ...part } as MetadataFilter] })).toEqual([]);
  });

  it("are none for what is not the only way to pass", () => {
    const filters = [{ key: "x", operator: "==" as const, value: 2 }];
    expect(soughtKinds({ filters, condition: "or" })).toEqual([]);
  });
});
