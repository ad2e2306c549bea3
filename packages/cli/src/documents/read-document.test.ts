import { expect, it } from "vitest";
import { howToConvert } from "../failures/file-failure.ts";
import { smallPdf } from "../testing/small-pdf.ts";
import { readDocument } from "./read-document.ts";

const read = (path: string, content: string | Uint8Array) =>
  readDocument(path, typeof content === "string" ? Buffer.from(content) : content);

it("reads text", async () => {
  expect(await read("a.txt", "one\r\ntwo")).toEqual({ parts: [{ text: "one\ntwo" }] });
  const utf16 = Buffer.from("\ufeffMärz", "utf16le");
  expect(await read("LICENSE", utf16)).toEqual({ parts: [{ text: "März" }] });
});

it("reads Markdown as it is, with its title, but without front matter", async () => {
  const text = "# The *red* planet\n\nMars.";
  expect(await read("a.md", text)).toMatchObject({ title: "The red planet", parts: [{ text }] });
  const named = await read("a.md", `---\ntitle: Mars\n---\n${text}`);
  expect(named).toEqual({ title: "Mars", metadata: {}, parts: [{ text: `\n\n\n${text}` }] });
  const unnamed = await read("a.md", `---\ndate: 2025\n---\n${text}`);
  expect(unnamed).toMatchObject({ title: "The red planet", metadata: { date: 2025 } });
});

it("reads the main part of a page, without links, images and scripts", async () => {
  const html = `<title>Mars &amp; moons</title><script>x()</script><nav>Home</nav>
    <main><h1>Mars</h1><nav>Up</nav><p>It has <a href="https://x.org">two</a> moons.<img src="a">
    <table><tr><th>Name</th><th>km</th></tr><tr><td>Phobos</td><td>11</td></tr></table></main>`;
  const text = "# Mars\n\nIt has two moons.\n\nName     km\nPhobos   11";
  expect(await read("a.html", html)).toEqual({ title: "Mars & moons", parts: [{ text }] });
  const latin = Buffer.from('<meta charset="iso-8859-1"><p>März</p>', "latin1");
  expect(await read("a.HTM", latin)).toEqual({ parts: [{ text: "März" }] });
});

it.each([
  ["<svg><title>Logo</title></svg><svg/><title>Mars</title>", "Mars"],
  ["<svg><svg><title>a</title></svg></svg><title lang=en>Mars\n</TITLE>", "Mars"],
  ["<title/>Mars</title>", "Mars"],
  [`${"<svg ".repeat(100_000)}<title>Mars</title>`, "Mars"],
  [`${"<svg/>".repeat(100_000)}<title>Mars</title>`, "Mars"],
])("reads the title of a page, but not of its images: %.60s", async (html, title) => {
  expect((await read("a.html", `${html}<p>It is red.</p>`)).title).toBe(title);
});

it.each([
  ["<h2><div>Two</div><div>moons</div></h2>", "## Two moons"],
  ["<h2><a href=x>Mo</a>ons &amp; <br>rings<svg><title>x</title></svg></h2>", "## Moons & rings"],
  ["<h2><img src=a></h2><h3><a name=b></a> </h3>", ""],
])("reads the heading %s", async (heading, line) => {
  const { title, parts } = await read("a.html", `${heading}<p>Mars has them.</p>`);
  expect(parts).toEqual([{ text: `${line}\n\nMars has them.`.trimStart() }]);
  expect(title).toBe(line.slice(3) || undefined);
});

it("reads the pages of a PDF", async () => {
  expect(await read("a.pdf", smallPdf("Planets", ["Mars is red.", "", "Venus is hot."]))).toEqual({
    title: "Planets",
    parts: [
      { text: "Mars is red.", page: 1 },
      { text: "", page: 2 },
      { text: "Venus is hot.", page: 3 },
    ],
  });
  expect(await read("a.pdf", smallPdf(" ", ["Mars is red."]))).not.toHaveProperty("title", "");
});

it("says why a file cannot be read", async () => {
  await expect(read("a.pdf", "%PDF-1.4 broken")).rejects.toThrow("It is damaged, or no PDF.");
  await expect(read("a.pdf", smallPdf("Scan", [""]))).rejects.toThrow("It has no text.");
  await expect(read("a.txt", "a\0b")).rejects.toThrow("It is a binary file");
  await expect(read("a.md", Buffer.from("März", "latin1"))).rejects.toThrow(
    `It is not UTF-8 text. ${howToConvert}`,
  );
});
