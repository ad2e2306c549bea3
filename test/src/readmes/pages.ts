import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Folders without pages that somebody wrote, and data. */
const ignored = ["node_modules", "dist", "generated", "model", "fixtures", "golden", "data"];

/** The Markdown files in a folder of this repository and, with `deep`, in the folders below it. */
export function markdownIn(folder: string, deep = true): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.endsWith(".md")) return [path];
    const enter = deep && entry.isDirectory() && !ignored.includes(entry.name);
    return enter && !entry.name.startsWith(".") ? markdownIn(path) : [];
  });
}

/** Pages for people who use the packages. */
export function pagesForUsers(): string[] {
  const packages = readdirSync(join(root, "packages")).flatMap((name) =>
    markdownIn(join("packages", name), false),
  );
  return ["README.md", ...markdownIn("docs"), ...packages];
}

export function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The blocks of code in a page in one of the languages. */
export function blocksIn(page: string, ...languages: string[]): string[] {
  const blocks = textOf(page).matchAll(/^( *)```(\S*)[^\n]*\n(.*?)^ *```/gms);
  return Array.from(blocks)
    .filter(([, , language]) => languages.includes(language!))
    .map(([, indent, , code]) => code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}
