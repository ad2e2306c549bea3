import type { FoundText } from "./text-limits.ts";

/** The paragraphs of a text, which empty lines separate; without empty lines, its lines. */
export function readPlainText(content: string): FoundText[] {
  const normal = content.replaceAll("\r\n", "\n").trim();
  const separator = /\n[^\S\n]*\n/.test(normal) ? /\n[^\S\n]*\n\s*/ : /\n/;
  return normal
    .split(separator)
    .map((text) => ({ text: text.replace(/\s+/g, " ").trim() }))
    .filter(({ text }) => text !== "");
}
