import {
  type DomNode,
  type FormatCallback,
  type HtmlToTextOptions,
  htmlToText,
} from "html-to-text";
import { decodeText } from "./decode-text.ts";
import type { DocumentText } from "./document-text.ts";

/**
 * Reads a page: its main part if it has one, without navigation, addresses of links and images. Its
 * title is that of the page, else its first heading.
 */
export function readHtml(content: Uint8Array): DocumentText {
  const html = decodeText(content, charsetOf(content));
  const text = htmlToText(html, options(/<main\b/i.test(html) ? "main" : "body"));
  const [, heading] = /^#{1,6} (.+)$/m.exec(text) ?? [];
  return { title: htmlToText(titleIn(html), options("body")).trim() || heading, parts: [{ text }] };
}

/** What the first `<title>` has, but for those of images in SVG. */
function titleIn(html: string): string {
  let depth = 0;
  for (const tag of html.matchAll(/<(\/?)(svg|title)\b[^<>]*?(\/?)>/gi)) {
    const [all, end, name, isEmpty] = tag;
    if (name!.toLowerCase() === "svg") depth += end ? -1 : isEmpty ? 0 : 1;
    else if (depth <= 0 && !end) {
      const rest = html.slice(tag.index + all.length);
      return /^[\s\S]*?(?=<\/title\b)/i.exec(rest)?.[0] ?? "";
    }
  }
  return "";
}

function options(part: "main" | "body"): HtmlToTextOptions {
  return {
    wordwrap: false,
    limits: { maxInputLength: Number.POSITIVE_INFINITY },
    baseElements: { selectors: [part] },
    formatters: { markdownHeading },
    selectors: [
      { selector: "a", options: { ignoreHref: true } },
      ...skipped.map((selector) => ({ selector, format: "skip" })),
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({
        selector,
        format: "markdownHeading",
      })),
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
    ],
  };
}

/** As in Markdown, so that the text can be split at its headings. */
const markdownHeading: FormatCallback = ({ name, children }, _walk, builder) => {
  const text = lineOf(children).trim();
  if (text === "") return;
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addLiteral(`${"#".repeat(Number(name![1]))} `);
  builder.addInline(text);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** What nodes say, on one line. */
function lineOf(nodes: readonly DomNode[] = []): string {
  return nodes
    .map(({ type, name, data, children }) => {
      if (type === "text") return data ?? "";
      if (skipped.includes(name ?? "")) return "";
      return phrases.has(name ?? "") ? lineOf(children) : ` ${lineOf(children)} `;
    })
    .join("");
}

/** What is no text of a page. */
const skipped = ["img", "nav", "script", "style", "svg", "template"];

/** Elements that can be within a word. */
const phrases = new Set(
  "a abbr b code em i kbd mark s small span strong sub sup u var wbr".split(" "),
);

/** The charset that the page names in its first bytes. */
function charsetOf(content: Uint8Array): string | undefined {
  const start = new TextDecoder("latin1").decode(content.subarray(0, 1024));
  return /<meta\b[^>]*\bcharset=["']?([\w-]+)/i.exec(start)?.[1];
}
