import { expect, it } from "vitest";
import { warningsOf } from "../testing/warnings-of.ts";
import { FilterKeys } from "./filter-keys.ts";
import { keysOfFilter, soughtByFilter } from "./sought-by-filter.ts";

const metadata: Record<string, unknown>[] = [
  {
    version: 2,
    lang: "de",
    draft: false,
    tags: ["reset"],
    days: [new Date("2026-02-01")],
    empty: [],
    updated: new Date("2026-02-01"),
    day: "01.02.2026",
    iso: "2026-02-01",
    author: { name: "Kant" },
    mixed: 1,
    none: null,
  },
  { version: 3, mixed: ["a"], none: null },
  { version: null },
];
const advice = { lists: "Lists: use a function.", noLists: "Not a list: use $in." };

/** What is said of filters that match nothing. */
async function messages(filters: object[], data = metadata, isMatch = false): Promise<string[]> {
  const warned = new Set<string>();
  const warnings = await warningsOf(() => {
    for (const filter of filters) {
      const keys = new FilterKeys(keysOfFilter(filter), soughtByFilter(filter));
      const matches = keys.watch(
        () => isMatch,
        (record: object) => record,
      );
      for (const record of data) matches!(record, "id");
      keys.warn(warned, "document", advice);
    }
  });
  for (const { code } of warnings) expect(code).toBe("EMBEDDINGGEMMA_FILTER_TYPE");
  return warnings.map(({ message }) => message);
}

it.each<[object, string]>([
  [{ version: "2" }, "a string under `version`, but the documents have numbers there. Pass a num"],
  [{ version: { $gte: "3" } }, "a string under `version`, but the documents have numbers there."],
  [{ version: ["2", true] }, "a string or a boolean under `version`, but the documents have num"],
  [{ version: { $in: ["2"] } }, "a string under `version`, but the documents have numbers there."],
  [{ $and: [{ lang: "de" }, { version: "2" }] }, "a string under `version`"],
  [{ lang: "fr", version: { $lt: 9, $gt: "1" } }, "a string under `version`"],
  [{ lang: 5 }, "the documents have strings there. Pass a string. For ranges, store numbers."],
  [{ lang: false }, "the documents have strings there. Pass a string."],
  [{ draft: "false" }, "the documents have booleans there. Pass true or false."],
  [{ tags: "reset" }, "the documents have lists there. Lists: use a function."],
  [{ lang: { $eq: ["de"] } }, "a list under `lang`, but the documents have strings there. Not a l"],
  [
    { lang: { $contains: "de" } },
    "a list with a string under `lang`, but the documents have strings there. No",
  ],
  [
    { tags: { $contains: 5 } },
    "a list with a number under `tags`, but the documents have lists of strings there. Pass a st",
  ],
  [{ days: { $contains: "01.02.2026" } }, "have lists of dates there. Write the date as in ISO"],
  [
    { $or: [{ version: "2" }, { version: { $contains: "2" } }] },
    "a string or a list with a string under `version`, but the documents have numbers there.",
  ],
  [
    { updated: { $gte: "01.02.2026" } },
    "a string under `updated`, but the documents have dates there. Write the date as in ISO " +
      '8601, such as "2026-02-01", or pass a Date.',
  ],
  [
    { day: { $gte: new Date() } },
    "a date under `day`, but the documents have strings there. To compare dates, store a Date,",
  ],
  [{ version: "2026" }, "a string or a date under `version`, but the documents have numbers there"],
  [{ author: "Kant" }, "have objects there. For nested metadata, use a key such as `author.name`."],
  [{ "author.name": 1 }, "a number under `author.name`, but the documents have strings there."],
  [{ mixed: "a" }, "a string under `mixed`, but the documents have numbers and lists there."],
])("says that %j looks for another type, once", async (filter, text) => {
  expect(await messages([filter, filter])).toEqual([expect.stringContaining(text)]);
});

it.each<[string, object]>([
  ["the value differs", { version: 9, lang: { $gt: "z" }, tags: { $eq: ["other"] } }],
  ["one of the values has the right type", { version: ["9", 9] }],
  ["some documents have the type", { mixed: 2 }],
  ["a string is a date", { updated: "2030", iso: new Date(), day: "2030-01-01" }],
  ["a list has such an element", { tags: { $contains: "other" }, mixed: { $contains: "z" } }],
  ["lists are empty", { empty: { $contains: 5 } }],
  ["null is sought", { version: { $eq: null }, lang: [null, 3] }],
  ["there is only null", { none: "a" }],
  ["it is a negation", { version: { $ne: "2", $nin: ["3"] } }],
  ["it may have another reason", { $or: [{ version: "2" }, { lang: 1 }], $not: { lang: 1 } }],
  ["no value is sought", { version: [], lang: { $in: [] } }],
])("says nothing if %s", async (_, filter) => {
  expect(await messages([filter])).toEqual([]);
});

it("says nothing if something matches, or if there are no documents", async () => {
  expect(await messages([{ version: "2" }], metadata, true)).toEqual([]);
  expect(await messages([{ version: "2" }], [])).toEqual([]);
});

it("speaks of missing keys first", async () => {
  const warnings = await warningsOf(() => {
    const keys = new FilterKeys(["langue", "version"], [{ key: "version", kinds: ["string"] }]);
    const matches = keys.watch(
      () => false,
      (record: object) => record,
    );
    for (const record of metadata) matches!(record, "id");
    keys.warn(new Set(), "node", advice);
    expect(keys.mismatch).toBeUndefined();
  });
  expect(warnings).toMatchObject([{ code: "EMBEDDINGGEMMA_UNKNOWN_KEY" }]);
});
