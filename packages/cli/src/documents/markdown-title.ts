/** The first heading of a Markdown text, without its markup. */
export function markdownTitle(text: string): string | undefined {
  const [, hashes, underlined, html] =
    text.replace(notProse, "\n").matchAll(heading).next().value ?? [];
  return plainText(hashes ?? underlined ?? html ?? "") || undefined;
}

/** Comments and code blocks can have lines that look like headings. */
const notProse = anyOf(
  /<!--[\s\S]*?-->/,
  /^ {0,3}(`{3,}|~{3,}).*\n[\s\S]*?(?:^ {0,3}\1[`~]*[ \t]*$|$(?![\s\S]))/,
);

/** With #, underlined with =, or in HTML, as in many READMEs. */
const heading = anyOf(
  /^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$/,
  /^ {0,3}(\S.*)\n=+[ \t]*$/,
  /<h[1-6]\b[^>]*>([\s\S]*?)<\/h[1-6]>/,
);

function anyOf(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join("|"), "gm");
}

function plainText(markdown: string): string {
  return markdown
    .replace(/<[^>]*>/g, "")
    .replace(/!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])/g, "")
    .replace(/\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replace(/[`*]|\\(?=[^\w\s])|\{#[^}]*\}/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
