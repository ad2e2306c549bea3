import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkerFor } from "../check-options.ts";
import { type FilterFault, inexpressible } from "./filter-fault.ts";
import type { MetadataFilter } from "./metadata-filter.ts";
import * as filters from "./metadata-filter.ts";

const { everything } = filters;

const metadataPredicate = (filter: MetadataFilter) => filters.metadataPredicate(filter, errorFor);

const { invalidArgument: invalid } = checkerFor((message) => new Error(message));

function errorFor({ argument, value, expected, advice }: FilterFault): Error {
  return invalid(argument, value, expected, advice === inexpressible ? "No filter." : advice);
}

const mars = {
  lang: "en",
  year: 1976,
  moons: null,
  names: ["Mars", "Ares"],
  landed: new Date("1976-07-20"),
  author: { name: "Sagan", "born.in": { city: "New York" } },
  "author.id": 7,
  "author.name": "an own key",
  pages: [{ number: 3 }],
  dates: [new Date("1976-07-20")],
};

describe("metadataPredicate", () => {
  it.each([
    [{}, true],
    [{ lang: "en" }, true],
    [{ lang: "en", year: 1976 }, true],
    [{ lang: "en", year: 1977 }, false],
    [{ year: "1976" }, false],
    [{ moons: null }, true],
    [{ planet: null }, true],
    [{ planet: { $ne: null } }, false],
    [{ lang: null }, false],
    [{ planet: "Mars" }, false],
    [{ toString: "x" }, false],
    [{ toString: null }, true],
    [{ landed: new Date("1976-07-20") }, true],
    [{ landed: "1976-07-20" }, true],
    [{ landed: "1976-07-20T00:00:00.000Z" }, true],
    [{ landed: { $in: ["1976-07-20", "2012-08-06"] } }, true],
    [{ landed: new Date("1976-07-21") }, false],
    [{ landed: 1976 }, false],
    [{ landed: { $gte: new Date("1976-07-20"), $lt: "1976-07-21" } }, true],
    [{ landed: { $gt: "1976-07-20" } }, false],
    [{ lang: { $lte: new Date() } }, false],
    [{ lang: { $ne: "en" } }, false],
    [{ lang: { $neq: "de" } }, true],
    [{ names: { $eq: ["Mars", "Ares"] } }, true],
    [{ names: "Mars" }, false],
    [{ names: ["Mars"] }, false],
    [{ names: { $contains: "Mars" } }, true],
    [{ names: { $contains: "mars" } }, false],
    [{ $not: { names: { $contains: "Venus" } } }, true],
    [{ lang: { $contains: "en" } }, false],
    [{ dates: { $contains: "1976-07-20" } }, true],
    [{ year: { $gt: -Infinity, $lt: Infinity } }, true],
    [{ "author.born.in.city": "New York" }, true],
    [{ "author.name": "an own key" }, true],
    [{ "author.name": "Sagan" }, false],
    [{ "author.id": 7 }, true],
    [{ "author.age": null }, true],
    [{ "pages.0.number": { $lt: 4 } }, true],
    [{ "names.length": 2 }, false],
    [{ "landed.x": null }, true],
    [{ $and: [{ lang: "en" }, { year: { $lt: 1976 } }] }, false],
    [{ $or: [{ lang: "de" }, { year: { $lte: 1976 } }] }, true],
    [{ $or: [{ lang: "en" }], year: 1977 }, false],
    [{ $not: { lang: "en" } }, false],
    [{ $not: { $or: [{ lang: "de" }, { $and: [{ year: 1977 }] }] } }, true],
  ])("compares metadata with %j: %s", (filter, expected) => {
    expect(metadataPredicate(filter as MetadataFilter)(mars)).toBe(expected);
  });

  it.each([
    [{}],
    [{ $and: [] }],
    [{ $and: [{}, { $not: { $or: [] } }] }],
    [{ $or: [{ lang: "en" }, {}] }],
    [{ lang: { $nin: [] } }],
    [{ $not: { lang: [], $or: [] } }],
    [{ $not: { lang: { $in: [] } } }],
    [{ $not: { $and: [{ year: 1976 }, { lang: { $in: [] } }] } }],
    [{ $or: [{ lang: "en" }, { $not: { lang: [] } }] }],
  ])("knows that %j says nothing", (filter) => {
    expect(metadataPredicate(filter as MetadataFilter)).toBe(everything);
  });

  it.each([[{ $or: [] }], [{ $not: {} }], [{ lang: [] }], [{ lang: "en", $or: [{ $not: {} }] }]])(
    "finds nothing with %j",
    (filter) => {
      expect(metadataPredicate(filter as MetadataFilter)(mars)).toBe(false);
    },
  );

  it("is not affected by later changes of the filter", () => {
    const since = new Date("1970-01-01");
    const langs = ["en"];
    const passes = metadataPredicate({ landed: { $gt: since }, lang: langs });
    since.setFullYear(2000);
    langs.pop();
    expect(passes(mars)).toBe(true);
  });

  it.each([
    [
      { year: { $between: [1, 2] } },
      /for "year" must be one of \$eq, \$ne, .*\$contains; "\$between" was given/,
    ],
    [{ year: { $ge: 1 } }, /"\$ge" was given\. Did you mean \$gte\?/],
    [{ year: { $GT: 1 } }, /Did you mean \$gt\?/],
    [{ year: { $not_in: [1] } }, /Did you mean \$nin\?/],
    [{ year: { gte: 2023 } }, /"gte" was given\. Did you mean \$gte\?/],
    [{ year: { ">=": 2023 } }, /Did you mean \$gte\?/],
    [{ year: { between: [1, 2] } }, /Did you mean \$gte and \$lte\?/],
    [{ or: [{ lang: "en" }, { lang: "de" }] }, /of "or" must be values; .* Did you mean \$or\?$/],
    [{ AND: [{ lang: "en" }] }, /Did you mean \$and\?$/],
    [{ not: { lang: "en" } }, /Did you mean \$not\?$/],
    [{ or: [{ lang: "en" }, undefined] }, /Did you mean \$or\?$/],
    [{ or: { $like: "a" } }, /No filter\.$/],
    [{ author: { any: "x" } }, /Did you mean \$in\? .*nested .*use the key "author.any"\.$/],
    [{ year: { "==": 1 } }, /Did you mean \$eq\?$/],
    [{ tags: { contains: "a" } }, /"contains" was given\. Did you mean \$contains\?/],
    [{ tags: { $includes: "a" } }, /Did you mean \$contains\?$/],
    [{ tags: { $notContains: "a" } }, /Write \{ \$not: \{ … \} \} around the key/],
    [{ tags: { $contains: ["a"] } }, /combine filters with \$or or \$and\.$/],
    [{ tags: { $contains: null } }, /"tags" \$contains must be a string, .*null was given/],
    [{ tags: { $contains: undefined } }, /"tags" \$contains must be a string, .*undefined/],
    [{ name: { startsWith: "a" } }, /No filter\.$/],
    [{ tags: { exists: true } }, /Write \{ \$ne: null \} for documents that have the key, and/],
    [{ tags: { $exists: false } }, /Write \{ \$ne: null \} for documents that have the key/],
    [{ lang: { not: "en" } }, /Write \{ \$not: \{ … \} \} around the key/],
    [{ filter: { lang: "en" } }, /Pass the filter itself, without `filter:`\.$/],
    [{ filter: { $not: { lang: "en" } } }, /Pass the filter itself, without `filter:`\.$/],
    [{ where: { year: { $gt: 1 } } }, /Pass the filter itself, without `where:`\.$/],
    [{ metadata: { lang: "en", year: 1 } }, /already about the metadata: \{ lang, year \}\.$/],
    [{ lang: { $like: "e" } }, /No filter/],
    [{ lang: { $regex: "e" } }, /No filter/],
    [{ author: { name: "Sagan" } }, /For nested metadata, use the key "author.name"/],
    [{ lang: { $not: { $eq: "en" } } }, /Write \{ \$not: \{ … \} \} around the key/],
    [{ $nor: [{ lang: "en" }] }, /must be one of \$and, \$or, \$not.*"\$nor" was given/],
    [{ $eq: "en" }, /Write it under a key, such as \{ year: \{ \$eq: 1969 \} \}/],
    [{ $and: { lang: "en" } }, /\$and of a filter must be an array of filters/],
    [{ $or: [{ lang: "en" }, "de"] }, /\$or\[1\] of a filter must be an object; "de" was given/],
    [{ $or: [{ $not: [{ lang: "en" }] }] }, /\$not of a filter must be an object/],
    [{ lang: {} }, /"lang" must be a value or an object with at least one operator/],
    [{ lang: { $in: "english" } }, /"lang" \$in must be an array of values; "english" was given/],
    [{ lang: { $in: ["en", undefined] } }, /\$in\[1\] must be a string, .*use null/],
    [{ lang: ["en", { name: "x" }] }, /"lang"\[1\] must be a string, number, boolean, valid Date/],
    [{ year: { $gt: true } }, /"year" \$gt must be a string, number or valid Date; true was given/],
    [{ year: { $lt: null } }, /"year" \$lt must be a string, number or valid Date; null/],
    [{ year: { $gte: Number.NaN } }, /NaN was given/],
    [{ lang: undefined }, /undefined was given.*For a missing key, use null/],
    [{ year: 1976n }, /1976n was given/],
    [{ landed: new Date("never") }, /valid Date/],
    [["en"], /must be an object/],
    ["en", /must be an object/],
    [new Map([["lang", "en"]]), /must be an object; an object \(Map\)/],
    [new Date(), /must be an object; an object \(Date\)/],
  ])("rejects %o", (filter, message) => {
    expect(() => metadataPredicate(filter as never)).toThrow(fault(message));
  });

  it("rejects filters that are nested too deep", () => {
    const deep: { $not: object } = { $not: {} };
    deep.$not = deep;
    expect(() => metadataPredicate(deep as never)).toThrow(fault(/nested at most 100 levels/));
  });
});

interface Reference {
  metadata: object[];
  filters: {
    filter: object;
    passes: (boolean | null)[] | string;
    /** If dates and strings of ISO 8601 are compared, as here. */
    passesAsDates?: (boolean | null)[];
  }[];
}

describe("metadataPredicate, compared with LangChain for Python", () => {
  const file = new URL("../../../../test/golden/langchain-filters.json", import.meta.url);
  const { metadata, filters }: Reference = JSON.parse(readFileSync(file, "utf8"), (_, value) =>
    typeof value?.$date === "string" ? new Date(value.$date) : value,
  );

  it.each(filters.filter(({ passes }) => typeof passes === "string"))(
    "refuses $filter, as Python does",
    ({ filter }) => {
      expect(() => metadataPredicate(filter as never)).toThrow(fault(/./));
    },
  );

  it.each(filters.filter(({ passes }) => typeof passes !== "string"))(
    "answers as Python does to $filter",
    ({ filter, passes, passesAsDates = passes }) => {
      const decision = decisions.find(([decided]) => isEqual(decided, filter));
      if (decision?.[1] === "refused") {
        expect(() => metadataPredicate(filter as never)).toThrow(fault(/./));
        return;
      }
      const expected = (passesAsDates as (boolean | null)[]).map((answer, row) => {
        const changed = decision?.[1] as Record<number, boolean> | undefined;
        return changed?.[row] ?? answer ?? false; // Python cannot compare them.
      });
      const predicate = metadataPredicate(filter as MetadataFilter);
      expect(metadata.map(predicate)).toEqual(expected);
    },
  );

  it("decides otherwise only for filters that were compared", () => {
    const compared = filters.map(({ filter }) => filter);
    expect(decisions.filter(([filter]) => !compared.some((one) => isEqual(one, filter)))).toEqual(
      [],
    );
  });
});

/** Where this package differs from Python: the answers for some metadata, by their position. */
const decisions: [filter: object, "refused" | Record<number, boolean>][] = [
  // Python takes `$eq` for a key, looks for a part of the string, and passes everything.
  [{ $eq: "en" }, "refused"],
  [{ lang: { $in: "english" } }, "refused"],
  [{ lang: {} }, "refused"],
  // Python ignores the keys beside `$or`.
  [{ $or: [{ lang: "en" }], year: 2012 }, { 0: false }],
  // In Python, `False == 0`.
  [{ draft: { $eq: 0 } }, { 0: false }],
  [{ score: { $eq: false } }, { 2: false }],
];

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function fault(message: RegExp) {
  return expect.objectContaining({ message: expect.stringMatching(message) });
}
