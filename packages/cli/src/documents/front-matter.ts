/** A Markdown text without what stands before it for programs. */
export interface MarkdownParts {
  /** The title of the front matter. */
  readonly title: string | undefined;
  /** The text, with an empty line for each line of the front matter: lines keep their numbers. */
  readonly text: string;
}

/**
 * Splits off front matter of YAML (`---`) or TOML (`+++`). Only its title is read, on one line or
 * in a block of YAML (`>` or `|`). A text between two rules is none: all lines of front matter are
 * keys and their values.
 */
export function splitFrontMatter(markdown: string): MarkdownParts {
  const [all, , content = ""] =
    /^\ufeff?(---|\+\+\+)[ \t]*\n([\s\S]*?)(?<=\n)\1[ \t]*(?:\n|$)/.exec(markdown) ?? [];
  if (all === undefined || !content.split("\n").every(isData))
    return { title: undefined, text: markdown };
  const [, value = "", more = ""] =
    /^title[ \t]*[:=](.*)\n((?:[ \t]+.*\n|\n)*)/m.exec(content) ?? [];
  const lines = all.replaceAll(/[^\n]/g, "");
  const title = folded(value, more) ?? scalar(value.trim());
  return { title, text: lines + markdown.slice(all.length) };
}

/** What a line of front matter begins with. */
const dataStarts = [
  // A key of YAML with its value.
  /^[\p{L}\p{N}_@$<"'][\p{L}\p{M}\p{N}_ \t.:/@$<"'-]*:(?=\s|$)/u,
  // One of TOML.
  /^["']?\w[\w \t."'-]*=/,
  // A table, a comment, more of the line before, an item, or nothing.
  /^(?:[[\]})# \t]|- |-$|$)/,
];

function isData(line: string): boolean {
  return dataStarts.some((start) => start.test(line));
}

/** The lines of a block of YAML, as one: a title has one line. */
function folded(header: string, lines: string): string | undefined {
  if (!/^\s*[>|][-+\d]*\s*(?:#.*)?$/.test(header)) return undefined;
  return lines.trim().split(/\s+/).join(" ") || undefined;
}

/** The text of a value; undefined if it goes on in the next lines. */
function scalar(value: string): string | undefined {
  const [, double, single] = /^(?:"((?:\\.|[^"\\])*)"|'((?:''|[^'])*)')/.exec(value) ?? [];
  if (double !== undefined) return double.replaceAll(/\\(["\\])/g, "$1").trim() || undefined;
  if (single !== undefined) return single.replaceAll("''", "'").trim() || undefined;
  if (/^[|>&*!{["']/.test(value)) return undefined;
  return value.replace(/(?:^|\s)#.*$/, "").trim() || undefined;
}
