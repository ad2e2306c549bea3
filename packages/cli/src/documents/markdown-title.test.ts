import { expect, it } from "vitest";
import { markdownTitle } from "./markdown-title.ts";

it.each([
  ["# Mars\n\n## Moons", "Mars"],
  ["Some text.\n\n## The *red* `planet` ##\n", "The red planet"],
  ["Mars\n====\n", "Mars"],
  ['<h1 align="center">\n  <img src="logo.svg"> Mars\n</h1>\n\n# Moons', "Mars"],
  ["# [![version](badge.svg)](url) [Mars](url) rover\n", "Mars rover"],
  ["# minimist <sup>[![Version Badge][badge]][package]</sup>", "minimist"],
  ["```sh\n# a comment\n```\n\n# Mars", "Mars"],
  ["```sh\n# never closed\n", undefined],
  ["Text\n\n---\n\n# Mars\n\n---\n\n# Moons", "Mars"],
  ["<!-- # Draft -->\n# Mars", "Mars"],
  ["No heading, but #hashtag and C# here.", undefined],
])("finds the title of %j", (text, title) => {
  expect(markdownTitle(text)).toBe(title);
});
