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

function matcherOf(text: string): (name: string) => boolean {
  const pattern = text.replace(/(?<=.)\/+$/, ""); // `drafts/` is a folder, too
  // `/drafts` is that of the folder itself, as `./drafts` is.
  const name = pattern.replace(/^\.?\/+(?=.)/, "");
  return picomatch(name, { basename: !pattern.includes("/") });
}
