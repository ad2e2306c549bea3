import {
  compilePattern,
  newerPunctuation,
  type PatternConfig,
  punctuation,
  whitespace,
  word,
} from "./patterns.ts";

/** A pre-tokenizer in `tokenizer.json`. */
export interface PreTokenizerConfig {
  readonly type: string;
  readonly pretokenizers?: readonly PreTokenizerConfig[];
  readonly pattern?: PatternConfig;
  readonly behavior?: string;
  readonly invert?: boolean;
  readonly individual_digits?: boolean;
  readonly use_regex?: boolean;
  readonly length?: number;
  readonly replacement?: string;
  readonly prepend_scheme?: string;
  readonly add_prefix_space?: boolean;
  readonly split?: boolean;
}

/** A pre-tokenizer of Transformers.js. */
export interface PreTokenizer {
  tokenizers?: PreTokenizer[];
  pattern?: RegExp | null;
  pre_tokenize_text?: (text: string, options?: object) => string[];
}

/**
 * Makes a pre-tokenizer split as Hugging Face's `tokenizers` does. Transformers.js takes `\w`, `\d`
 * and `\s` as JavaScript does, ignores most ways to split (`behavior`), takes several punctuation
 * characters as one, and does not split at the character for spaces (`Metaspace`).
 */
export function makePreTokenizerExact(
  preTokenizer: PreTokenizer,
  config: PreTokenizerConfig,
): void {
  preTokenizer.tokenizers?.forEach((part, index) => {
    makePreTokenizerExact(part, config.pretokenizers![index]!);
  });
  exactPreTokenizers[config.type]?.(preTokenizer, config);
}

type MakeExact = (preTokenizer: PreTokenizer, config: PreTokenizerConfig) => void;

const exactPreTokenizers: Readonly<Record<string, MakeExact>> = {
  Whitespace: matching(new RegExp(`[${word}]+|[^${word}${whitespace}]+`, "gu")),
  WhitespaceSplit: matching(new RegExp(`[^${whitespace}]+`, "gu")),
  BertPreTokenizer: matching(
    new RegExp(`(?:[^${whitespace}${punctuation}]|[${newerPunctuation}])+|[${punctuation}]`, "gu"),
  ),
  Punctuation: splitting(() => new RegExp(`(?![${newerPunctuation}])[${punctuation}]`, "gu")),
  Digits(preTokenizer, { individual_digits }) {
    const behavior = individual_digits ? "Isolated" : "Contiguous";
    preTokenizer.pre_tokenize_text = (text) => splitText(text, /\p{N}/gu, behavior);
  },
  Split: splitting(({ pattern = {} }, { pattern: compiled }) =>
    compilePattern(pattern, compiled ?? undefined),
  ),
  FixedLength(preTokenizer, { length = 5 }) {
    const pattern = new RegExp(`.{1,${length}}`, "gsu");
    preTokenizer.pre_tokenize_text = (text) => text.match(pattern) ?? [];
  },
  ByteLevel(preTokenizer) {
    const { pattern } = preTokenizer;
    if (pattern) preTokenizer.pattern = compilePattern({}, pattern);
  },
  Metaspace(preTokenizer, { replacement = "▁", split = true }) {
    const replace = preTokenizer.pre_tokenize_text!.bind(preTokenizer);
    if (!split) return;
    const pattern = compilePattern({ String: replacement });
    preTokenizer.pre_tokenize_text = (text, options) =>
      replace(text, options).flatMap((part) => splitText(part, pattern, "MergedWithNext"));
  },
};

function matching(pattern: RegExp): MakeExact {
  return (preTokenizer) => {
    preTokenizer.pre_tokenize_text = (text) => text.match(pattern) ?? [];
  };
}

function splitting(
  patternOf: (config: PreTokenizerConfig, preTokenizer: PreTokenizer) => RegExp,
): MakeExact {
  return (preTokenizer, config) => {
    const pattern = patternOf(config, preTokenizer);
    const { behavior = "Isolated", invert = false } = config;
    preTokenizer.pre_tokenize_text = (text) => splitText(text, pattern, behavior, invert);
  };
}

interface Part {
  text: string;
  /** Whether it is a delimiter. */
  readonly isMatch: boolean;
}

/** As `NormalizedString::split` of `tokenizers`. */
function splitText(text: string, pattern: RegExp, behavior: string, invert = false): string[] {
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > end) parts.push({ text: text.slice(end, index), isMatch: invert });
    if (match !== "") parts.push({ text: match, isMatch: !invert });
    end = index + match.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isMatch: invert });
  return mergeParts(parts, behavior).map((part) => part.text);
}

function mergeParts(parts: readonly Part[], behavior: string): readonly Part[] {
  switch (behavior.toLowerCase()) {
    case "removed":
      return parts.filter(({ isMatch }) => !isMatch);
    case "contiguous":
      return merge(parts, (part, previous) => part.isMatch === previous.isMatch);
    case "mergedwithprevious":
      return merge(parts, (part, previous) => part.isMatch && !previous.isMatch);
    case "mergedwithnext": {
      const join = (a: string, b: string) => b + a;
      const backwards = (part: Part, next: Part) => part.isMatch && !next.isMatch;
      return [...merge(parts.toReversed(), backwards, join)].reverse();
    }
    default:
      return parts;
  }
}

/** Merges each part into the one before if `belongs` says so about it and its neighbor. */
function merge(
  parts: readonly Part[],
  belongs: (part: Part, neighbor: Part) => boolean,
  join = (a: string, b: string) => a + b,
): Part[] {
  const merged: Part[] = [];
  parts.forEach((part, index) => {
    const last = merged.at(-1);
    if (last && belongs(part, parts[index - 1]!)) last.text = join(last.text, part.text);
    else merged.push({ ...part });
  });
  return merged;
}
