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
  expect(splitFrontMatter(text)).toEqual({ title: undefined, text });
});
