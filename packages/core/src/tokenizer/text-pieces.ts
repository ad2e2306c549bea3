import { type Pipeline, pipelineOf, type TokenizerConfig } from "./exact-tokenizer.ts";
import type { NormalizerConfig } from "./normalizers.ts";
import type { PatternConfig } from "./patterns.ts";
import type { PreTokenizerConfig } from "./pre-tokenizers.ts";
import { cutBetweenUnrelated } from "./unrelated-characters.ts";

/**
 * Cuts a long text into pieces that can be tokenized one after the other, with the tokens of the
 * whole text as the result.
 */
export interface TextPieces {
  /** The first place to cut after `from`; the length of the text if there is none. */
  cutAfter(text: string, from: number): number;
  /**
   * Goes before each piece but the first, so that it is not taken for the start of a text. Empty if
   * that makes no difference.
   */
  readonly anchor: string;
  /** Number of tokens of the anchor, to leave out. */
  readonly anchorTokens: number;
}

/**
 * Finds out where the text of a tokenizer can be cut: see {@link cutBetweenUnrelated}, and for
 * other tokenizers after a letter or digit that is followed by one space and a letter.
 *
 * At the latter, normalizers see ASCII on both sides, so nothing combines. Then one of two things
 * must hold. Either the pre-tokenizer ends a word there, and words are tokenized each by itself. Or
 * no token of the vocabulary has such a place inside, so that neither a merge of BPE nor a piece of
 * Unigram can span it; then both sides are tokenized independently.
 *
 * @param encode - token ids of a text, without special tokens
 * @returns null if the tokenizer has a part for which this is not known
 */
export function findTextPieces(
  tokenizer: object,
  config: TokenizerConfig,
  encode: (text: string) => number[],
): TextPieces | null {
  const { normalizer, pre_tokenizer, added_tokens } = config;
  const pipeline = pipelineOf(tokenizer);
  const anywhere = cutBetweenUnrelated(pipeline, config);
  if (anywhere) return { cutAfter: anywhere, anchor: "", anchorTokens: 0 };
  const isKnown =
    (normalizer === null || isSafeNormalizer(normalizer)) &&
    (pre_tokenizer === null || isSafePreTokenizer(pre_tokenizer)) &&
    added_tokens.every(
      ({ content, rstrip }) => !spansCut(content) && !(rstrip && /[A-Za-z0-9]$/.test(content)),
    );
  if (!isKnown) return null;
  const unsafe = endsWords(pipeline) ? new Set<string>() : lettersBeforeSpaces(pipeline, config);
  if (unsafe === null) return null;
  const letters = [...alphabet].filter((letter) => !unsafe.has(letter));
  const anchor = letters.find((letter) => added_tokens.every(({ content }) => content !== letter));
  if (anchor === undefined) return null;
  const place = new RegExp(`[${letters.join("")}](?= [A-Za-z])`, "g");
  return {
    anchor,
    anchorTokens: encode(anchor).length,
    cutAfter(text, from) {
      place.lastIndex = from;
      return place.test(text) ? place.lastIndex : text.length;
    },
  };
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** A space is `▁` in SentencePiece, and `Ġ` in byte-level BPE. */
function spansCut(text: string): boolean {
  return /[A-Za-z0-9][ ▁Ġ]/.test(text);
}

const characterwise = new Set([
  "NFC",
  "NFD",
  "NFKC",
  "NFKD",
  "Lowercase",
  "StripAccents",
  "BertNormalizer",
  "Precompiled",
  "Strip",
  "Prepend",
]);

function isSafeNormalizer(config: NormalizerConfig): boolean {
  if (config.type === "Sequence") return config.normalizers!.every(isSafeNormalizer);
  if (config.type === "Replace") return isSafePattern(config.pattern!);
  return characterwise.has(config.type);
}

const splitters = new Set([
  "Whitespace",
  "WhitespaceSplit",
  "BertPreTokenizer",
  "Punctuation",
  "Digits",
  "Metaspace",
  "ByteLevel",
]);

function isSafePreTokenizer(config: PreTokenizerConfig): boolean {
  if (config.type === "Sequence") return config.pretokenizers!.every(isSafePreTokenizer);
  if (config.type === "Split") return isSafePattern(config.pattern!);
  return splitters.has(config.type);
}

/**
 * Whether a pattern does not look beyond a cut. A text cannot span it. An expression may have no
 * look-around, except for `(?!\S)` after white space, which does not end at a cut.
 */
function isSafePattern({ String: text, Regex = "" }: PatternConfig): boolean {
  if (text !== undefined) return !spansCut(text);
  return !/\(\?(?!:|i:)|\\[bB]|[$^](?![^[]*\])/.test(Regex.replaceAll(String.raw`(?!\S)`, ""));
}

/** Whether the pre-tokenizer ends a word at each place where a text may be cut. */
function endsWords({ normalizer, pre_tokenizer }: Pipeline): boolean {
  if (!pre_tokenizer) return false;
  const wordsOf = (text: string) =>
    pre_tokenizer(normalizer ? normalizer(text) : text, { section_index: 0 });
  const anchor = wordsOf("a").length;
  const starts = [
    "a",
    "Hello, it's 12",
    "x",
    "a\n\nb3",
    "  Aé 7",
    "I'd",
    "…”z",
    "火a",
    "9",
    "don't",
  ];
  const ends = [" b", " B c", " it's 5", " re.", " s", " Xé 4", " x\n ", " t火"];
  return starts.every((start) =>
    ends.every((end) => {
      const pieces = [...wordsOf(start), ...wordsOf(`a${end}`).slice(anchor)];
      return pieces.join("\0") === wordsOf(start + end).join("\0");
    }),
  );
}

/**
 * The letters after which a text must not be cut: those that a token has before a space, and those
 * that are unknown, since unknown neighbors are fused. Null if a text is not tokenized by merges or
 * pieces of the vocabulary.
 */
function lettersBeforeSpaces(
  { model, normalizer }: Pipeline,
  { model: config }: TokenizerConfig,
): Set<string> | null {
  const { type, continuing_subword_prefix, end_of_word_suffix } = config;
  if (type !== "BPE" && type !== "Unigram") return null;
  if (continuing_subword_prefix || end_of_word_suffix) return null;
  const beforeSpaces = new Set<string>();
  for (const token of model.tokens_to_ids.keys())
    for (const [, character] of token.matchAll(/(.)(?=[ ▁Ġ])/gsu)) beforeSpaces.add(character!);
  const isUnsafe = (letter: string) => {
    const normalized = normalizer ? normalizer(`a${letter}`) : letter;
    const last = [...normalized].at(-1) ?? "";
    return beforeSpaces.has(last) || !model.tokens_to_ids.has(last);
  };
  return new Set([...alphabet].filter(isUnsafe));
}
