import { expect, it } from "vitest";
import { addFilter, literalStars } from "./filter-flag.ts";

const filterOf = (text: string) => addFilter(text)[0]!.filter;

it.each([
  ["page=2", { page: ["2", 2] }],
  ["title=a!=b", { title: ["a!=b"] }],
  ["tags=ops", { $or: [{ tags: ["ops"] }, { tags: { $contains: "ops" } }] }],
  [
    "draft=true",
    {
      $or: [
        { draft: ["true", true] },
        { draft: { $contains: "true" } },
        { draft: { $contains: true } },
      ],
    },
  ],
  ["source=docs/*", { source: { $gte: "docs/" } }],
  ["source!=docs/a.md", { $not: { source: ["docs/a.md"] } }],
  ["source!=docs/*", { $not: { source: { $gte: "docs/" } } }],
  ["tags=o*", { $or: [{ tags: { $gte: "o" } }, { tags: { $contains: "o" } }] }],
  ["page!=2", { $not: { page: ["2", 2] } }],
  [' {"a!": 1}', { "a!": 1 }],
])("reads %s", (text, filter) => {
  expect(filterOf(text)).toEqual(filter);
});

it.each([
  ["tags=o*", true],
  ["tags=op*", true],
  ["tags=p*", false],
  ["tags!=o*", false],
  ["tags!=p*", true],
  ["tags=*", true],
  ["place.name=Ol*", true],
  ["source=docs/*", true],
  ["source!=docs/*", false],
  ["page=2*", false],
  ["none=*", false],
  ["none!=*", true],
  ['{"tags": {"$contains": "ops"}}', true],
])("decides with %s", (text, expected) => {
  const metadata = { tags: [2, "ops"], place: { name: "Olympus" }, source: "docs/a.md", page: 2 };
  expect(addFilter(text)[0]!.matches(metadata)).toBe(expected);
});

it.each(["page", "=2", "!=2", "page>2", "page>=2", "page<=2"])("refuses %s", (text) => {
  expect(() => filterOf(text)).toThrow(/^It must be key=value, key!=value or a JSON object, such/);
});

it.each(["$schema=https*", "$or=x"])("refuses the key of %s", (text) => {
  expect(() => filterOf(text)).toThrow("A key cannot begin with $.");
});

it("finds texts in JSON that end with a star", () => {
  const filters = [
    { $or: [{ source: "a/*" }, { $not: { title: { $in: ["b", "c*"] } } }], page: 2 },
    ...addFilter("source!=d/*").map(({ filter }) => filter),
    { source: { $ne: "e/*" }, title: ["*f", "g*", "*h*", ""], lang: null },
  ];
  expect(literalStars(filters)).toEqual([
    ...[
      ["source", "a/*"],
      ["title", "c*"],
      ["source", "e/*"],
      ["title", "g*"],
    ],
  ]);
});
