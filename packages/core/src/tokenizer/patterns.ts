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

/** Control characters that are newer than the Unicode of `tokenizers`, so that they stay. */
export const newerControls = String.raw`\u0890\u0891\u08e2\u{110cd}\u{13430}-\u{1343f}`;

/** Accents that are newer than the Unicode of `tokenizers`, so that they stay. */
export const newerMarks =
  String.raw`\u07fd\u0897-\u089f\u08ca-\u08e1\u09fe\u0afa-\u0aff\u0b55\u0c04\u0c3c\u0d00` +
  String.raw`\u0d3b\u0d3c\u0d81\u0eba\u0ece\u180f\u1885\u1886\u1abf-\u1add\u1ae0-\u1aeb` +
  String.raw`\u1df6-\u1dfb\ua82c\ua8c5\ua8ff\ua9bd\u{10d24}-\u{10d27}\u{10d69}-\u{10d6d}` +
  String.raw`\u{10eab}\u{10eac}\u{10efa}-\u{10eff}\u{10f46}-\u{10f50}\u{10f82}-\u{10f85}` +
  String.raw`\u{11070}\u{11073}\u{11074}\u{110c2}\u{111c9}\u{111cf}\u{1123e}\u{11241}` +
  String.raw`\u{1133b}\u{113bb}-\u{113c0}\u{113ce}\u{113d0}\u{113d2}\u{113e1}\u{113e2}` +
  String.raw`\u{11438}-\u{1143f}\u{11442}-\u{11444}\u{11446}\u{1145e}\u{1182f}-\u{11837}` +
  String.raw`\u{11839}\u{1183a}\u{1193b}\u{1193c}\u{1193e}\u{11943}\u{119d4}-\u{119d7}` +
  String.raw`\u{119da}\u{119db}\u{119e0}\u{11a01}-\u{11a0a}\u{11a33}-\u{11a38}` +
  String.raw`\u{11a3b}-\u{11a3e}\u{11a47}\u{11a51}-\u{11a56}\u{11a59}-\u{11a5b}` +
  String.raw`\u{11a8a}-\u{11a96}\u{11a98}\u{11a99}\u{11b60}\u{11b62}-\u{11b64}\u{11b66}` +
  String.raw`\u{11c30}-\u{11c36}\u{11c38}-\u{11c3d}\u{11c3f}\u{11c92}-\u{11ca7}` +
  String.raw`\u{11caa}-\u{11cb0}\u{11cb2}\u{11cb3}\u{11cb5}\u{11cb6}\u{11d31}-\u{11d36}` +
  String.raw`\u{11d3a}\u{11d3c}\u{11d3d}\u{11d3f}-\u{11d45}\u{11d47}\u{11d90}\u{11d91}` +
  String.raw`\u{11d95}\u{11d97}\u{11ef3}\u{11ef4}\u{11f00}\u{11f01}\u{11f36}-\u{11f3a}` +
  String.raw`\u{11f40}\u{11f42}\u{11f5a}\u{13440}\u{13447}-\u{13455}\u{1611e}-\u{16129}` +
  String.raw`\u{1612d}-\u{1612f}\u{16f4f}\u{16fe4}\u{1cf00}-\u{1cf2d}\u{1cf30}-\u{1cf46}` +
  String.raw`\u{1e000}-\u{1e006}\u{1e008}-\u{1e018}\u{1e01b}-\u{1e021}\u{1e023}\u{1e024}` +
  String.raw`\u{1e026}-\u{1e02a}\u{1e08f}\u{1e130}-\u{1e136}\u{1e2ae}\u{1e2ec}-\u{1e2ef}` +
  String.raw`\u{1e4ec}-\u{1e4ef}\u{1e5ee}\u{1e5ef}\u{1e6e3}\u{1e6e6}\u{1e6ee}\u{1e6ef}` +
  String.raw`\u{1e6f5}\u{1e944}-\u{1e94a}`;

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
