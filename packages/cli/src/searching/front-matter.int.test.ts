import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

let folder = "";
let store = "";

beforeEach(async () => {
  folder = await temporaryFolder();
  store = join(folder, "notes.store");
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);

const index = () =>
  run(["index", folder, "--root", folder, "--store", store, "--model", "tiny", "--json"]);

/** The sources that a search finds. */
async function search(...filters: string[]): Promise<string[]> {
  const flags = filters.flatMap((filter) => ["--filter", filter]);
  const { output } = await run(["search", "planet", "--store", store, "--json", ...flags]);
  const hits = JSON.parse(output) as { metadata: { source: string } }[];
  return hits.map(({ metadata }) => metadata.source).sort();
}

it("of a file is metadata of its chunks, which filters find, also in lists", async () => {
  await write("a.md", "---\ntags: [ops, 2026]\ndate: 2026-02-01\ndraft: true\n---\nMars is red.");
  await write("b.md", "---\ntags: [web]\ndate: 2025-11-30\nowner: ops\n---\nVenus is hot.");
  await write("c.md", "Saturn has rings.");
  expect(await index()).toMatchObject({ code: 0, errors: "" });
  expect(await search("tags=ops")).toEqual(["a.md"]);
  expect(await search("tags=2026")).toEqual(["a.md"]);
  expect(await search("tags!=ops")).toEqual(["b.md", "c.md"]);
  expect(await search("owner=ops")).toEqual(["b.md"]);
  expect(await search("draft=true")).toEqual(["a.md"]);
  expect(await search('{"date": {"$gte": "2026-01-01"}}')).toEqual(["a.md"]);
  expect(await search('{"tags": {"$contains": "web"}}')).toEqual(["b.md"]);
  const { errors } = await run(["search", "x", "--store", store, "--filter", "tgas=ops"]);
  expect(errors).toContain("No chunk has the key tgas. Did you mean tags? The keys of the chunks");
  const inJson = ["search", "x", "--store", store, "--filter", '{"tags": "ops"}'];
  expect((await run(inJson)).errors).toContain("For a value in a list, write key=value, or $cont");
  expect(await search("tags=o*")).toEqual(["a.md"]);
  expect(await search("tags!=o*")).toEqual(["b.md", "c.md"]);
  for (const [filter, message] of [
    [
      '{"tags": {"$ne": "ops"}}',
      /nothing .* string under `tags`, but chunks have lists there\. Write --filter 'tags!=value'/,
    ],
    [
      '{"$not": {"draft": "true"}}',
      /nothing .* a string under `draft`, but no chunk has one there\. Write a value of the type/,
    ],
  ] as const) {
    const left = await run(["search", "x", "--store", store, "--filter", filter]);
    expect(left.errors).toMatch(message);
    expect(left.output).not.toBe("");
  }
});

it("takes the place of what a chunk had, and not that of its place", async () => {
  await write("a.md", "---\ntags: [ops]\n---\nMars is red.");
  await index();
  await write("a.md", "---\ntags: [web]\nsource: https://example.com\npage: 7\n---\nMars is red.");
  expect(JSON.parse((await index()).output)).toMatchObject({ changed: 1, store: { chunks: 1 } });
  expect(await search("tags=ops")).toEqual([]);
  const { output } = await run(["search", "Mars", "--store", store, "--json"]);
  expect(JSON.parse(output)).toMatchObject([
    { metadata: { source: "a.md", tags: ["web"], loc: { lines: { from: 6, to: 6 } } } },
  ]);
  expect(output).not.toContain("page");
});

it("with mistakes is named in each run, and its file is indexed", async () => {
  await write("a.md", "---\ntitle: Mars: red\ntags: [ops]\n---\nMars is red.");
  const { code, errors } = await index();
  expect(code).toBe(0);
  expect(errors).toMatch(
    /^a\.md: Its front matter is not read .* YAML: .*\. The file is indexed\.\n$/,
  );
  expect(await search("title=Mars: red")).toEqual(["a.md"]);
  const again = await index();
  expect(again.errors).toBe(errors);
  expect(JSON.parse(again.output)).toMatchObject({
    ...{ unchanged: 1, failed: [] },
    warnings: [{ source: "a.md", reason: expect.stringMatching(/^Its front matter is not read/) }],
  });
  await write("a.md", "---\ntitle: Mars\n---\nMars is red.");
  expect(JSON.parse((await index()).output)).toMatchObject({ changed: 1, warnings: [] });
});
