/** A Markdown text without what stands before it for programs. */
export interface MarkdownParts {
  /** The title of the front matter. */
  readonly title: string | undefined;
  /** The text, with an empty line for each line of the front matter: lines keep their numbers. */
  readonly text: string;
}

/**
 * Splits off front matter of YAML (`---`) or TOML (`+++`). Only its title is read, if it is on one
 * line. A text between two rules is none: all lines of front matter are keys and their values.
 */
export function splitFrontMatter(markdown: string): MarkdownParts {
  const [all, , content = ""] =
    /^\ufeff?(---|\+\+\+)[ \t]*\n([\s\S]*?)(?<=\n)\1[ \t]*(?:\n|$)/.exec(markdown) ?? [];
  if (all === undefined || !content.split("\n").every((line) => isData.test(line)))
    return { title: undefined, text: markdown };
  const value = /^title[ \t]*[:=](.*)$/m.exec(content)?.[1];
  const lines = all.replaceAll(/[^\n]/g, "");
  return { title: scalar(value?.trim() ?? ""), text: lines + markdown.slice(all.length) };
}

/** A key with its value, a table, an item, a comment, more of the line before, or nothing. */
const isData = /^(?:["']?[\w][\w .-]*["']?[ \t]*(?:=|:(?=\s|$))|\[|[ \t]|- |-$|[\]})#]|$)/;

/** The text of a value; undefined if it goes on in the next lines. */
function scalar(value: string): string | undefined {
  const [, double, single] = /^(?:"((?:\\.|[^"\\])*)"|'((?:''|[^'])*)')/.exec(value) ?? [];
  if (double !== undefined) return double.replaceAll(/\\(["\\])/g, "$1").trim() || undefined;
  if (single !== undefined) return single.replaceAll("''", "'").trim() || undefined;
  if (/^[|>&*!{["']/.test(value)) return undefined;
  return value.replace(/(?:^|\s)#.*$/, "").trim() || undefined;
}
