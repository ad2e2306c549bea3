import picomatch from "picomatch";

/**
 * Patterns for the names of files and folders, which remember what they have matched. As in
 * `.gitignore` files, a pattern without a slash matches names in all folders.
 */
export class Globs {
  readonly #patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((text) => ({
      text,
      isMatch: matcherOf(text),
      hasMatched: false,
    }));
  }

  /** Whether a pattern matches a name. */
  matches(name: string): boolean {
    const matching = this.#patterns.filter(({ isMatch }) => isMatch(name));
    for (const pattern of matching) pattern.hasMatched = true;
    return matching.length > 0;
  }

  /** Whether a pattern matches a file, or is the name of a folder above it. */
  matchesOrHolds(name: string): boolean {
    const folders = foldersAbove(name);
    const holding = this.#patterns.filter(
      ({ text, isMatch }) =>
        !picomatch.scan(nameOf(text)).isGlob && folders.some((folder) => isMatch(folder)),
    );
    for (const pattern of holding) pattern.hasMatched = true;
    return this.matches(name) || holding.length > 0;
  }

  /** Whether a pattern can match, or hold, a name in a folder. If in doubt, it can. */
  canMatchIn(folder: string): boolean {
    return this.#patterns.some(({ text }) => {
      const { base, isGlob } = picomatch.scan(nameOf(text));
      if (!hasFolder(text) || base.includes("\\")) return true;
      if (base === "") return isGlob;
      return `${base}/`.startsWith(`${folder}/`) || `${folder}/`.startsWith(`${base}/`);
    });
  }

  /** The patterns that have matched nothing so far. */
  unmatched(): string[] {
    return this.#patterns.filter(({ hasMatched }) => !hasMatched).map(({ text }) => text);
  }
}

interface Pattern {
  readonly text: string;
  readonly isMatch: (name: string) => boolean;
  hasMatched: boolean;
}

/** `a/b` and `a` for `a/b/c.md`. */
function foldersAbove(name: string): string[] {
  const end = name.lastIndexOf("/");
  if (end < 0) return [];
  const folder = name.slice(0, end);
  return [folder, ...foldersAbove(folder)];
}

function matcherOf(text: string): (name: string) => boolean {
  return picomatch(nameOf(text), { basename: !hasFolder(text) });
}

/** `/drafts` is that of the folder itself, as `./drafts` is. */
function nameOf(text: string): string {
  return withoutEnd(text).replace(/^\.?\/+(?=.)/, "");
}

function hasFolder(text: string): boolean {
  return withoutEnd(text).includes("/");
}

/** `drafts/` is a folder, too. */
function withoutEnd(text: string): string {
  return text.replace(/(?<=.)\/+$/, "");
}
