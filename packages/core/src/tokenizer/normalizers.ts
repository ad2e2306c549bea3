import {
  compilePattern,
  newerControls,
  newerMarks,
  type PatternConfig,
  whitespace,
} from "./patterns.ts";
import { type Normalize, precompiledNormalizer } from "./precompiled-charsmap.ts";

/** A normalizer in `tokenizer.json`. */
export interface NormalizerConfig {
  readonly type: string;
  readonly normalizers?: readonly NormalizerConfig[];
  readonly precompiled_charsmap?: string | null;
  readonly pattern?: PatternConfig;
  readonly content?: string;
  readonly prepend?: string;
  readonly strip_left?: boolean;
  readonly strip_right?: boolean;
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
}

/** A normalizer of Transformers.js, a callable object, which calls its method `normalize`. */
export interface Normalizer {
  (text: string): string;
  normalizers?: Normalizer[];
  normalize?: Normalize;
}

/**
 * Makes a normalizer give the same text as Hugging Face's `tokenizers` does. Transformers.js only
 * approximates the character map of SentencePiece, and elsewhere follows JavaScript: in what white
 * space is, in the Greek sigma at the end of a word, in `$` in a replacement, and in Chinese
 * characters beyond U+FFFF.
 */
export function makeNormalizerExact(normalizer: Normalizer, config: NormalizerConfig): void {
  normalizer.normalizers?.forEach((part, index) => {
    makeNormalizerExact(part, config.normalizers![index]!);
  });
  const exact = exactNormalizers[config.type]?.(config);
  if (exact) normalizer.normalize = exact;
}

/**
 * Lowercases each character by itself, as Rust's `char::to_lowercase`. At the end of a word, `Σ`
 * becomes `σ`, but `String.toLowerCase` would give `ς`.
 */
export function toLowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

const startSpaces = new RegExp(`^[${whitespace}]+`, "u");
const endSpaces = new RegExp(`(?<![${whitespace}])[${whitespace}]+$`, "u");

const exactNormalizers: Readonly<Record<string, (config: NormalizerConfig) => Normalize | null>> = {
  Precompiled: ({ precompiled_charsmap }) =>
    precompiled_charsmap ? precompiledNormalizer(precompiled_charsmap) : null,
  Lowercase: () => toLowerCase,
  BertNormalizer: bertNormalizer,
  Strip: ({ strip_left, strip_right }) => {
    return (text) => {
      const start = strip_left ? text.replace(startSpaces, "") : text;
      return strip_right ? start.replace(endSpaces, "") : start;
    };
  },
  Replace: ({ pattern = {}, content = "" }) => {
    const { String: searched } = pattern;
    const compiled = compilePattern(pattern);
    return (text) => text.replaceAll(searched ?? compiled, () => content);
  },
  Prepend: ({ prepend = "" }) => {
    return (text) => (text === "" ? "" : prepend + text);
  },
};

const removed = new RegExp(
  String.raw`[\0\ufffd]|(?![\t\n\r${newerControls}])[\p{Cc}\p{Cf}\p{Co}]`,
  "gu",
);
// The last two were non-spacing marks in the Unicode of `tokenizers`.
const accents = new RegExp(String.raw`(?![${newerMarks}])[\p{Mn}\u1734\u{1171e}]`, "gu");
const spaces = new RegExp(`[${whitespace}]`, "gu");
// The fifth range starts at U+2B920 in `tokenizers`, unlike in the original BERT.
const chinese = new RegExp(
  String.raw`[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}` +
    String.raw`\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]`,
  "gu",
);

function bertNormalizer(config: NormalizerConfig): Normalize {
  const { clean_text, handle_chinese_chars, strip_accents, lowercase } = config;
  const steps: Normalize[] = [];
  if (clean_text) steps.push((text) => text.replace(removed, "").replace(spaces, " "));
  if (handle_chinese_chars) steps.push((text) => text.replace(chinese, " $& "));
  if (strip_accents ?? lowercase) steps.push((text) => text.normalize("NFD").replace(accents, ""));
  if (lowercase) steps.push(toLowerCase);
  return (text) => steps.reduce((result, step) => step(result), text);
}
