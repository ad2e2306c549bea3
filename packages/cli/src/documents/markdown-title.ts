/** The first heading of a Markdown text, without its markup. */
export function markdownTitle(text: string): string | undefined {
  const [, hashes, underlined, html] = heading.exec(text.replace(notProse, "\n")) ?? [];
  return plainText(hashes ?? underlined ?? html ?? "") || undefined;
}

/** Frontmatter, comments and code blocks can have lines that look like headings. */
const notProse =
  /(?<![\s\S])---\n[\s\S]*?\n---$|<!--[\s\S]*?-->|^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|$(?![\s\S]))/gm;

/** With #, underlined with =, or in HTML, as in many READMEs. */
const heading =
  /^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$|^ {0,3}(\S.*)\n=+[ \t]*$|<h[1-6]\b[^>]*>([\s\S]*?)<\/h[1-6]>/m;

function plainText(markdown: string): string {
  return markdown
    .replace(/<[^>]*>/g, "")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replace(/[`*]|\\(?=[^\w\s])|\{#[^}]*\}/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
