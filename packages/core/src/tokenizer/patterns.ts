/**
 * The classes of characters of Hugging Face's `tokenizers`. JavaScript's `\w`, `\d` and `\b` are
 * ASCII, and its `\s` lacks U+0085 and includes U+FEFF. The libraries of `tokenizers` do not agree
 * among themselves either: each class was compared with Python for every code point.
 */
export const whitespace = String.raw`\p{White_Space}`;

/** `\w` of the pre-tokenizer `Whitespace`, which uses Rust's `regex`. */
export const word = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`;

/** `\w` of the patterns in a tokenizer, which Oniguruma runs, in brackets and outside. */
const wordInBrackets = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}`;
const patternWord = `${wordInBrackets}²³¹¼½¾`;

/** Punctuation and all of ASCII's symbols. */
export const punctuation = String.raw`\p{P}\u166d\u{111c9}!-\/:-@\[-\x60\{-~`;

/** Punctuation that is newer than the Unicode of `tokenizers`, so that it counts as letters. */
export const newerPunctuation =
  String.raw`\u061d\u09fd\u0a76\u0c77\u0c84\u1b4e-\u1b4f\u1b7d-\u1b7f\u2e43-\u2e4f` +
  String.raw`\u2e52-\u2e5d\u{10d6e}\u{10ead}\u{10ed0}\u{10f55}-\u{10f59}\u{10f86}-\u{10f89}` +
  String.raw`\u{113d4}-\u{113d5}\u{113d7}-\u{113d8}\u{1144b}-\u{1144f}\u{1145a}-\u{1145b}` +
  String.raw`\u{1145d}\u{11660}-\u{1166c}\u{116b9}\u{1183b}\u{11944}-\u{11946}\u{119e2}` +
  String.raw`\u{11a3f}-\u{11a46}\u{11a9a}-\u{11a9c}\u{11a9e}-\u{11aa2}\u{11b00}-\u{11b09}` +
  String.raw`\u{11be1}\u{11c41}-\u{11c45}\u{11c70}-\u{11c71}\u{11ef7}-\u{11ef8}` +
  String.raw`\u{11f43}-\u{11f4f}\u{11fff}\u{12ff1}-\u{12ff2}\u{16d6d}-\u{16d6f}` +
  String.raw`\u{16e97}-\u{16e9a}\u{16fe2}\u{1e5ff}\u{1e95e}-\u{1e95f}`;

/** A pattern in `tokenizer.json`. */
export interface PatternConfig {
  readonly String?: string;
  readonly Regex?: string;
}

/**
 * Compiles a pattern of `tokenizer.json`.
 *
 * @param compiled - the same pattern as Transformers.js compiled it, which replaces syntax that
 * JavaScript does not know
 * @throws `SyntaxError` if JavaScript cannot run it
 */
export function compilePattern({ String: text, Regex }: PatternConfig, compiled?: RegExp): RegExp {
  if (text !== undefined) return new RegExp(escapeText(text), "gu");
  const source = compiled?.source ?? (Regex ?? "").replace(/\\([#&~])/g, "$1");
  return new RegExp(withUnicodeClasses(source), "gu");
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** Classes by name: inside of brackets, and outside of them. */
const classes: Readonly<Record<string, readonly [inside: string | null, outside: string]>> = {
  w: [wordInBrackets, `[${patternWord}]`],
  W: [null, `[^${patternWord}]`],
  d: [String.raw`\p{Nd}`, String.raw`\p{Nd}`],
  D: [String.raw`\P{Nd}`, String.raw`\P{Nd}`],
  s: [whitespace, whitespace],
  S: [String.raw`\P{White_Space}`, String.raw`\P{White_Space}`],
  b: [null, boundary("<!", "=", "<=", "!")],
  B: [null, boundary("<=", "=", "<!", "!")],
};

/** Lines end at `\n` only, and `^` and `$` match at each of them. */
const lines: Readonly<Record<string, string>> = {
  ".": String.raw`[^\n]`,
  "^": String.raw`(?<![^\n])`,
  $: String.raw`(?![^\n])`,
};

function boundary(before: string, after: string, orBefore: string, orAfter: string): string {
  const letter = `[${patternWord}]`;
  const either = `(?${before}${letter})(?${after}${letter})`;
  return `(?:${either}|(?${orBefore}${letter})(?${orAfter}${letter}))`;
}

function withUnicodeClasses(source: string): string {
  let inBrackets = false;
  return source.replace(/\\(.)|[[\].^$]/gsu, (part: string, escaped: string | undefined) => {
    if (escaped !== undefined && Object.hasOwn(classes, escaped)) {
      const [inside, outside] = classes[escaped]!;
      if (!inBrackets) return outside;
      if (inside !== null) return inside;
      throw new SyntaxError(`\\${escaped} in brackets is not supported: ${source}`);
    }
    if (!inBrackets && Object.hasOwn(lines, part)) return lines[part]!;
    if (part === "[") inBrackets = true;
    if (part === "]") inBrackets = false;
    return part;
  });
}
