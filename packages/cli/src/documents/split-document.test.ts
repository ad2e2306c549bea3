import fc from "fast-check";
import { expect, it } from "vitest";
import { readDocument } from "./read-document.ts";
import { splitDocument } from "./split-document.ts";

const { signal } = new AbortController();

/** Chunks of a file, with at most so many words. */
async function split(path: string, content: string, words = 12, overlap = 0) {
  const document = await readDocument(path, new TextEncoder().encode(content));
  const countTokens = (text: string) => text.split(/\s+/).filter(Boolean).length;
  return splitDocument(path, document, {
    settings: { tokens: words, overlap },
    countTokens,
    signal,
  });
}

const words = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}${index}`).join(" ");

it.each([
  ["a paragraph", words("w", 30)],
  ["wrapped lines", words("w", 30).replaceAll(/(w\d+ w\d+ w\d+) /g, "$1\n")],
  [
    "a list",
    words("w", 30)
      .replaceAll(/(w\d+ w\d+) /g, "$1\n- ")
      .replace(/^/, "- "),
  ],
  ["code", `\`\`\`js\n${words("w", 30).replaceAll(" ", ";\n")}\n\`\`\``],
  ["a table", words("w", 30).replaceAll(/(w\d+) (w\d+)/g, "| $1 | $2 |\n")],
])("a heading stays with %s below it", async (_, text) => {
  const file = `# Handbook\n\nNotes for all.\n\n## A failed disk\n\n${text}\n\n## Next\n\nEnd.\n`;
  const chunks = await split("a.md", file);
  const [chunk] = chunks.filter((each) => each.text.includes("## A failed disk"));
  expect(chunk!.text).toMatch(/^## A failed disk\n\n[\s\S]*\bw0\b/);
  expect(chunks.map((each) => each.text).join(" ")).toContain("w29");
  expect(chunk!.lines!.from).toBe(5);
});

it.each([
  ["several headings", `# A\n\n## B\n### C\n${words("w", 30)}`, "# A\n\n## B\n### C\nw0 w1"],
  ["an underlined heading", `Disks\n=====\n\n${words("w", 30)}`, "Disks\n=====\n\nw0 w1"],
  ["a heading in HTML", `<h2>A <b>disk</b></h2><p>${words("w", 30)}</p>`, "## A disk\n\nw0 w1"],
])("%s stays with its text", async (name, text, start) => {
  const [chunk] = await split(name.endsWith("HTML") ? "a.html" : "a.md", text);
  expect(chunk!.text.startsWith(start)).toBe(true);
});

it("chunks have no more tokens than asked for, and are where they say", async () => {
  const line = fc.constantFrom("# a", "## b c", "one two", "three\n---", "", "- x y z", "\uE000");
  const body = fc.array(
    fc.oneof(
      line,
      fc.integer({ min: 1, max: 40 }).map((n) => words("w", n)),
    ),
  );
  await fc.assert(
    fc.asyncProperty(body, fc.integer({ min: 8, max: 20 }), async (lines, most) => {
      const file = lines.join("\n");
      for (const { text, lines: at } of await split("a.md", file, most)) {
        expect(text.split(/\s+/).length).toBeLessThanOrEqual(most);
        const part = file.split("\n").slice(at!.from - 1, at!.to);
        expect(part.join("\n")).toContain(text);
      }
    }),
  );
});
