import picomatch from "picomatch";

/** Patterns for the names of files and folders, which remember what they have matched. */
export class Globs {
  readonly #patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((text) => ({
      text,
      // `drafts/` is a folder, too.
      isMatch: picomatch(text.replace(/(?<=.)\/+$/, "")),
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
