import { expect, it } from "vitest";
import { splitFrontMatter } from "./front-matter.ts";

it.each([
  ["---\ntitle: Mars\ntags:\n  - red\n- planet\n---\n\nText", "Mars"],
  ['---\ntitle: "The \\"red\\" planet: Mars" # a comment\n---\nText', 'The "red" planet: Mars'],
  ["---\ntitle: 'It''s red'\n---\nText", "It's red"],
  ["---\ntitle: C# and Mars # a comment\n---\nText", "C# and Mars"],
  ['+++\ntitle = "Mars"\n[extra]\n+++\nText', "Mars"],
  ["---\ntitle: >\n  Mars, the\n  red planet\n\ntags: x\n---\nText", "Mars, the red planet"],
  ["---\ntitle: |- # a comment\n  Mars\nother: >\n  Venus\n---\nText", "Mars"],
  ["---\ntitle: >2+\n    Mars\n---\nText", "Mars"],
  ["---\ntitle: >\norder: 1\n---\nText", undefined],
  ["---\ntitle:\n---\nText", undefined],
  ["---\norder: 1\nsubtitle: Mars\n---\nText", undefined],
  ["---\ntitle: null\n---\nText", undefined],
  ["---\ntitle: 1.0\n---\nText", "1.0"],
  ['---\n"title": "Caf\\u00e9"\n---\nText', "Café"],
  ["---\n---\nText", undefined],
  ["---\ntítulo: Hola\n日付: 2024\nनाम: मंगल\n---\nText", undefined],
  ["---\nog:title: x\ntitle: Mars\n---\nText", "Mars"],
  ["---\nkey: v\n# a comment\n@type: x\n---\nText", undefined],
  ['---\n<<: *defaults\n"@id": 1\n$schema: a/b\ndocs/path: c\n---\nText', undefined],
])("reads %j", (markdown, title) => {
  const parts = splitFrontMatter(markdown);
  expect(parts.title).toBe(title);
  expect(parts.text).toMatch(/^\n+Text$/);
  expect(parts.text.split("\n")).toHaveLength(markdown.split("\n").length);
});

it.each([
  "---\nMars is red.\n\n---\n\nVenus is hot.",
  "---\ntitle: Mars",
  "# Mars\n\n---\ntitle: Mars\n---\n",
  "---\n**Note**: Mars is red.\n---\n",
  "---\nSee https://example.com/mars\n---\n",
])("leaves %j as it is", (text) => {
  expect(splitFrontMatter(text)).toEqual({ title: undefined, metadata: {}, text });
});

it.each<[string, object]>([
  [
    "---\ntitle: Mars\ntags: [red, 2]\ndate: 2026-02-01\nat: 2026-02-01T10:00:00Z\n" +
      "draft: false\nnone:\n---\n",
    { tags: ["red", 2], date: "2026-02-01", at: "2026-02-01T10:00:00Z", draft: false },
  ],
  ["---\nauthor:\n  name: Ada\nn: .nan\n---\n", { author: { name: "Ada" }, n: "NaN" }],
  [
    '+++\ndate = 2026-02-01\nat = 2026-02-01T10:00:00Z\n[extra]\ntags = ["red"]\n+++\n',
    { date: "2026-02-01", at: "2026-02-01T10:00:00.000Z", extra: { tags: ["red"] } },
  ],
  ["---\n# a comment\n---\n", {}],
  ["---\n---\n", {}],
])("reads the metadata of %j", (markdown, metadata) => {
  const parts = splitFrontMatter(markdown);
  expect([parts.metadata, parts.fault]).toEqual([metadata, undefined]);
});

it.each([
  ["---\ntitle: Mars: the red planet\n---\n", "YAML: Nested mappings are not allowed"],
  ["---\ntitle: Mars: the red planet\na: &a [*a]\n---\n", "YAML: "],
  ["---\na: &a\n  - *a\ntitle: 'Mars: the red planet'\n---\n", "YAML: Converting circular"],
  ['+++\ntitle = "Mars: the red planet"\ntags = red\n+++\n', "TOML: Invalid TOML document"],
])("says why %j gives no metadata, and reads its title", (markdown, reason) => {
  const { title, metadata, fault } = splitFrontMatter(markdown);
  expect([title, metadata]).toEqual(["Mars: the red planet", {}]);
  expect(fault).toMatch(/^Its front matter is not read as metadata, since it is not valid .*\.$/);
  expect(fault).toContain(reason);
});

it("leaves out what a store cannot keep, and says so", () => {
  const nested = `${"[".repeat(600)}${"]".repeat(600)}`;
  const { metadata, fault } = splitFrontMatter(`---\ntags: ${nested}\n---\n`);
  expect(metadata).toEqual({});
  expect(fault).toMatch(/^Its front matter is not read as metadata: .* cannot be stored: /);
});
