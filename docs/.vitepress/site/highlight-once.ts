import type { MarkdownRenderer } from "vitepress";

/** Keeps highlighted code, because the index of the search renders all pages once more. */
export function highlightOnce(md: MarkdownRenderer): void {
  const { highlight } = md.options;
  if (!highlight) return;
  const highlighted = new Map<string, string>();
  md.options.highlight = (code, language, attributes) => {
    const key = JSON.stringify([code, language, attributes]);
    const known = highlighted.get(key);
    if (known !== undefined) return known;
    const html = highlight(code, language, attributes);
    highlighted.set(key, html);
    return html;
  };
}
