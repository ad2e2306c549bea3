import { checkRecord, FaissStoreError } from "@embeddinggemma/faiss";
import { isObject } from "@embeddinggemma/internal";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import type { Metadata } from "./document-text.ts";

/** A Markdown text without what stands before it for programs. */
export interface MarkdownParts {
  /** The title of the front matter. */
  readonly title: string | undefined;
  /** The other keys of the front matter that have values. */
  readonly metadata: Metadata;
  /** Why there is no metadata, although there is front matter. */
  readonly fault?: string | undefined;
  /** The text, with an empty line for each line of the front matter: lines keep their numbers. */
  readonly text: string;
}

/**
 * Splits off front matter of YAML (`---`) or TOML (`+++`). A text between two rules is none: all
 * lines of front matter are keys and their values. The title is read also if the rest cannot be.
 */
export function splitFrontMatter(markdown: string): MarkdownParts {
  const [all, rule, content = ""] =
    /^\ufeff?(---|\+\+\+)[ \t]*\n([\s\S]*?)(?<=\n)\1[ \t]*(?:\n|$)/.exec(markdown) ?? [];
  if (all === undefined || !content.split("\n").every(isData))
    return { title: undefined, metadata: {}, text: markdown };
  const text = all.replaceAll(/[^\n]/g, "") + markdown.slice(all.length);
  const [, line = ""] = /^title[ \t]*[:=](.*)\n/m.exec(content) ?? [];
  const format = rule === "---" ? "YAML" : "TOML";
  try {
    const { title, ...metadata } = valuesOf(content, format);
    return { title: titleOf(title, line), metadata, text };
  } catch (error) {
    const fault = `Its front matter is not read as metadata${whyNot(error, format)}`;
    return { title: scalar(line.trim()), metadata: {}, fault, text };
  }
}

function whyNot(error: unknown, format: string): string {
  if (FaissStoreError.isInstance(error)) return `: ${error.message}`;
  const [reason] = (error as Error).message.split(/:?\n/);
  return `, since it is not valid ${format}: ${reason}.`;
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

/** As JSON has them: a date is a string of ISO 8601. Keys without a value are left out. */
function valuesOf(content: string, format: "YAML" | "TOML"): Record<string, unknown> {
  const values: unknown =
    format === "TOML" ? parseToml(content) : parseYaml(content, { logLevel: "error" });
  if (!isObject(values)) return {};
  const plain = JSON.parse(JSON.stringify(values, (_, value) => finite(value)));
  // It is part of the records of chunks.
  checkRecord({ pageContent: "", metadata: plain }, "front matter");
  return Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== null));
}

/** JSON has no `.nan` and `.inf`. */
function finite(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** A text in one line; of another value, such as a number, as it is written. */
function titleOf(title: unknown, line: string): string | undefined {
  if (title === undefined) return undefined;
  if (typeof title !== "string") return scalar(line.trim());
  return title.trim().split(/\s+/).join(" ") || undefined;
}

/** The text of a value on one line; undefined if it goes on in the next lines. */
function scalar(value: string): string | undefined {
  const [, double, single] = /^(?:"((?:\\.|[^"\\])*)"|'((?:''|[^'])*)')/.exec(value) ?? [];
  if (double !== undefined) return double.replaceAll(/\\(["\\])/g, "$1").trim() || undefined;
  if (single !== undefined) return single.replaceAll("''", "'").trim() || undefined;
  if (/^[|>&*!{["']/.test(value)) return undefined;
  return value.replace(/(?:^|\s)#.*$/, "").trim() || undefined;
}
