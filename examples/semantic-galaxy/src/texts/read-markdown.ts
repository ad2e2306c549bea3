import { readPlainText } from "./read-plain-text.ts";
import type { FoundText } from "./text-limits.ts";

/** A section that is longer is split where a paragraph ends. */
const longSection = 2_000;

/** The sections of a Markdown file. The heading of each is its title. */
export function readMarkdown(content: string): FoundText[] {
  const lines = content
    .replaceAll("\r\n", "\n")
    .replace(/^---\n[\s\S]*?\n---\n/, "") // front matter
    .split("\n");
  const sections: { title: string | undefined; lines: string[] }[] = [
    { title: undefined, lines: [] },
  ];
  let isCode = false;
  for (const line of lines) {
    if (/^\s*(```|~~~)/.test(line)) isCode = !isCode;
    const heading = isCode ? null : /^#{1,6}\s+(.*?)\s*#*$/.exec(line);
    if (heading) sections.push({ title: withoutMarks(heading[1]!), lines: [] });
    else sections.at(-1)!.lines.push(line);
  }
  return sections.flatMap(({ title, lines }) =>
    pieces(lines.join("\n")).map((text) => (title ? { title, text } : { text })),
  );
}

function pieces(section: string): string[] {
  const whole = section.trim();
  if (whole === "") return [];
  const paragraphs = whole.length > longSection ? readPlainText(whole) : [{ text: whole }];
  return paragraphs.map(({ text }) => withoutMarks(text));
}

/** The words of links and emphasis without their marks. */
function withoutMarks(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__|(?<!`)`(?!`))(.+?)\1(?!`)/g, "$2")
    .trim();
}
