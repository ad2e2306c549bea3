import { expect, test } from "vitest";
import { readFile } from "./read-file.ts";

const read = (name: string, content: string | Uint8Array<ArrayBuffer>) =>
  readFile(new File([content], name));

test("a text file has paragraphs, or lines if no line is empty", async () => {
  expect(await read("a.txt", "One\ntwo.\r\n\r\nThree.\n \nFour.")).toEqual([
    { text: "One two." },
    { text: "Three." },
    { text: "Four." },
  ]);
  expect(await read("a.TXT", "One.\nTwo.\n")).toEqual([{ text: "One." }, { text: "Two." }]);
});

test("a Markdown file has sections, whose headings are titles", async () => {
  const content = [
    "---",
    "layout: page",
    "---",
    "Before.",
    "# Mars",
    "It is **red**, says [NASA](https://nasa.gov).",
    "```sh",
    "# no heading",
    "```",
    "## Empty",
    "## `Venus` #",
    "It is hot.",
  ];
  expect(await read("a.md", content.join("\n"))).toEqual([
    { text: "Before." },
    { title: "Mars", text: "It is red, says NASA.\n```sh\n# no heading\n```" },
    { title: "Venus", text: "It is hot." },
  ]);
});

test("a table says by names which columns count", async () => {
  const content = '\ufeffid;Title;Topic;Text\n1;Mars;planet;"It is red; it has\ntwo moons."\n';
  expect(await read("a.csv", content)).toEqual([
    { title: "Mars", category: "planet", text: "It is red; it has\ntwo moons." },
  ]);
});

test("without names, the column with the longest texts counts", async () => {
  expect(await read("a.csv", "1,Mars is red.,x\n2,Venus is hot.,y")).toEqual([
    { text: "Mars is red." },
    { text: "Venus is hot." },
  ]);
  expect(await read("a.tsv", "title\tsize\twords\nMars\t2\tIt is red.")).toEqual([
    { title: "Mars", text: "It is red." },
  ]);
});

test("JSON Lines are objects as in BEIR, or strings", async () => {
  const content = '{"_id":"1","title":"Mars","text":"It is red."}\n\n"Venus is hot."\n';
  expect(await read("a.jsonl", content)).toEqual([
    { title: "Mars", text: "It is red." },
    { text: "Venus is hot." },
  ]);
});

test.for<{
  why: string;
  name: string;
  content: string | Uint8Array<ArrayBuffer>;
  line?: number;
}>([
  { name: "a.pdf", content: "x", why: "this kind of file cannot be read. Use txt" },
  { name: "a.txt", content: " \n", why: "there is no text in it." },
  { name: "a.txt", content: Uint8Array.of(0x4d, 0xe4), why: "it is not UTF-8." },
  { name: "a.txt", content: "x".repeat(20_000_001), why: "it has 20 MB, and the limit is 20 MB." },
  { name: "a.jsonl", content: '"One"\n{"text":', why: "this line is not JSON.", line: 2 },
  { name: "a.jsonl", content: '{"body":"x"}', why: 'the object has no "text".', line: 1 },
  {
    name: "a.csv",
    content: 'text\n"open',
    why: "this is not CSV (CSV_QUOTE_NOT_CLOSED).",
    line: 2,
  },
])("$name is refused: $why", async ({ name, content, why, line }) => {
  const problem = await read(name, content).catch((error: unknown) => error);
  expect(problem).toMatchObject({ name: "FileProblem", file: name, line });
  const place = line === undefined ? name : `${name}, line ${line}`;
  expect((problem as Error).message).toContain(`${place}: ${why}`);
});
