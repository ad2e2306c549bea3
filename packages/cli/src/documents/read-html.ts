import { type FormatCallback, type HtmlToTextOptions, htmlToText } from "html-to-text";
import { decodeText } from "./decode-text.ts";
import type { DocumentText } from "./document-text.ts";

/** Reads a page: its main part if it has one, without navigation, addresses of links and images. */
export function readHtml(content: Uint8Array): DocumentText {
  const html = decodeText(content, charsetOf(content));
  const [, title = ""] = /<title\b[^>]*>([\s\S]*?)<\/title>/i.exec(html) ?? [];
  return {
    title: htmlToText(title, options("body")).trim() || undefined,
    parts: [{ text: htmlToText(html, options(/<main\b/i.test(html) ? "main" : "body")) }],
  };
}

function options(part: "main" | "body"): HtmlToTextOptions {
  return {
    wordwrap: false,
    limits: { maxInputLength: Number.POSITIVE_INFINITY },
    baseElements: { selectors: [part] },
    formatters: { markdownHeading },
    selectors: [
      { selector: "a", options: { ignoreHref: true } },
      ...["img", "nav", "svg", "template"].map((selector) => ({ selector, format: "skip" })),
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({
        selector,
        format: "markdownHeading",
      })),
      { selector: "table", format: "dataTable", options: { uppercaseHeaderCells: false } },
    ],
  };
}

/** As in Markdown, so that the text can be split at its headings. */
const markdownHeading: FormatCallback = ({ name, children }, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addLiteral(`${"#".repeat(Number(name![1]))} `);
  walk(children, builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/** The charset that the page names in its first bytes. */
function charsetOf(content: Uint8Array): string | undefined {
  const start = new TextDecoder("latin1").decode(content.subarray(0, 1024));
  return /<meta\b[^>]*\bcharset=["']?([\w-]+)/i.exec(start)?.[1];
}
