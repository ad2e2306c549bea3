import { type AddedToken, addedTokenSplitter } from "./added-tokens.ts";
import {
  type AlignedText,
  alignedText,
  mapAligned,
  originOf,
  prependAligned,
  replaceAligned,
  sliceAligned,
} from "./aligned-text.ts";
import type { EncodeWord } from "./bpe.ts";
import { type Pipeline, pipelineOf, type TokenizerConfig } from "./exact-tokenizer.ts";
import { type Normalizer, type NormalizerConfig, toLowerCase } from "./normalizers.ts";
import { compilePattern } from "./patterns.ts";
import type { PreTokenizer, PreTokenizerConfig } from "./pre-tokenizers.ts";

/** A token and its part of a text. */
export interface TokenSpan {
  readonly id: number;
  /** The part of the text. */
  readonly text: string;
  /** Offset of the start in the text, in UTF-16 code units. */
  readonly start: number;
  /** Offset of the end. It is equal to `start` if the token has no text of its own. */
  readonly end: number;
}

interface PostProcessorConfig {
  readonly type: string;
  readonly processors?: readonly PostProcessorConfig[];
  readonly trim_offsets?: boolean;
  readonly add_prefix_space?: boolean;
}

interface TokenSpansOptions {
  readonly lowerCase: boolean;
  /** The normalizer, without the lowercasing of `lowerCase`. */
  readonly normalizer: Normalizer | null;
  /** Set if the tokenizer uses tables. */
  readonly encodeWord: EncodeWord | undefined;
  /** Token ids of a text, without special tokens. */
  readonly encode: (text: string) => number[];
}

/**
 * Finds the part of a text that each of its tokens was made of, as the offsets of Hugging Face's
 * `tokenizers`.
 *
 * Each step of the tokenizer is run again, and for each UTF-16 unit of its result it is noted which
 * characters of the text it was made of. A normalizer is run on each character by itself, or on
 * each grapheme if that gives another text. Words are found in the text one after the other. Tokens
 * of the single bytes of a character all have the whole character.
 *
 * These may have other offsets than in `tokenizers`: what a normalizer made of more than one
 * grapheme, and words after a delimiter that was removed and contains the same word. If the steps
 * give other ids than `encode`, the tokens that differ have the whole text between their neighbors.
 */
export function tokenSpans(
  tokenizer: object,
  config: TokenizerConfig & { readonly post_processor?: PostProcessorConfig | null },
  { lowerCase, normalizer, encodeWord, encode }: TokenSpansOptions,
): (text: string) => TokenSpan[] {
  const pipeline = pipelineOf(tokenizer);
  const { added_tokens } = config;
  const splitText = addedTokenSplitter(added_tokens.filter(({ normalized }) => !normalized));
  const wholeNormalizer = (text: string) => pipeline.normalizer?.(text) ?? text;
  let splitNormalized: typeof splitText | undefined;
  const spansOfWord = encodeWord ? bySizes(encodeWord) : byTokens(pipeline, config);
  const trim = trimmer(pipeline, config.post_processor ?? null, added_tokens);

  const align = (text: string): Span[] => {
    splitNormalized ??= addedTokenSplitter(
      added_tokens.filter((token) => token.normalized),
      ({ content }) => wholeNormalizer(content),
    );
    const original = alignedText(text);
    const spans: Span[] = [];
    for (const [index, section] of splitText(text).entries()) {
      const { start, end } = section;
      if (section.id !== undefined) {
        spans.push({ id: section.id, start, end });
        continue;
      }
      let normalized = sliceAligned(original, start, end);
      if (lowerCase) normalized = mapAligned(normalized, toLowerCase);
      if (normalizer) normalized = normalizeAligned(normalized, normalizer, config.normalizer!);
      for (const [part, inner] of splitNormalized(normalized.text).entries()) {
        if (inner.id !== undefined) {
          spans.push({ id: inner.id, ...originOf(normalized, inner.start, inner.end) });
          continue;
        }
        const words = splitWords(
          [sliceAligned(normalized, inner.start, inner.end)],
          pipeline.pre_tokenizer ?? null,
          config.pre_tokenizer,
          { section_index: index + part },
        );
        for (const word of words)
          for (const token of spansOfWord(word.text))
            spans.push({ id: token.id, ...originOf(word, token.start, token.end) });
      }
    }
    return spans.map(trim);
  };

  return (text) =>
    withIds(align(text), encode(text), text.length).map(({ id, start, end }) => ({
      id,
      text: text.slice(start, end),
      start,
      end,
    }));
}

type Span = Omit<TokenSpan, "text">;

function normalizeAligned(
  aligned: AlignedText,
  normalizer: Normalizer,
  config: NormalizerConfig,
): AlignedText {
  if (normalizer.normalizers) {
    return normalizer.normalizers.reduce(
      (result, part, index) => normalizeAligned(result, part, config.normalizers![index]!),
      aligned,
    );
  }
  if (config.type === "Prepend") return prependAligned(config.prepend ?? "", aligned);
  if (config.type === "Replace")
    return replaceAligned(aligned, compilePattern(config.pattern ?? {}), config.content ?? "");
  if (config.type !== "Strip") {
    const composes = config.type === "NFC" || config.type === "NFKC";
    return mapAligned(aligned, normalizer, composes);
  }
  const stripped = normalizer(aligned.text);
  const start = config.strip_left ? aligned.text.indexOf(stripped) : 0;
  return sliceAligned(aligned, start, start + stripped.length);
}

function splitWords(
  parts: readonly AlignedText[],
  preTokenizer: PreTokenizer | null,
  config: PreTokenizerConfig | null,
  options: object,
): readonly AlignedText[] {
  if (!preTokenizer || !config) return parts;
  if (preTokenizer.tokenizers) {
    return preTokenizer.tokenizers.reduce(
      (result, step, index) => splitWords(result, step, config.pretokenizers![index]!, options),
      parts,
    );
  }
  return parts.flatMap((part) => {
    const words = preTokenizer.pre_tokenize_text!(part.text, options);
    if (config.type === "ByteLevel") return cut(byteUnits(part, words), words);
    if (config.type === "Metaspace") return cut(part, words);
    let end = 0;
    return words.map((word) => {
      const start = Math.max(end, part.text.indexOf(word, end));
      end = start + word.length;
      return sliceAligned(part, start, end);
    });
  });
}

/** Cuts a text into words of its length. What the first has more was added before it. */
function cut(part: AlignedText, words: readonly string[]): AlignedText[] {
  const length = words.reduce((sum, word) => sum + word.length, 0);
  const missing = Math.max(0, length - part.text.length);
  const source = prependAligned(" ".repeat(missing), part);
  let end = 0;
  return words.map((word) => {
    const start = end;
    end += word.length;
    return { ...sliceAligned(source, start, end), text: word };
  });
}

/** A text of one unit for each UTF-8 byte. */
function byteUnits(part: AlignedText, words: readonly string[]): AlignedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let index = 0;
  for (const character of part.text) {
    for (let byte = bytesIn(character); byte > 0; byte--) {
      starts.push(part.starts[index]!);
      ends.push(part.ends[index]!);
    }
    index += character.length;
  }
  const text = words.join("");
  return { text: text.slice(Math.max(0, text.length - starts.length)), starts, ends };
}

function bytesIn(character: string): number {
  const codePoint = character.codePointAt(0)!;
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

type SpansOfWord = (word: string) => Span[];

function bySizes(encodeWord: EncodeWord): SpansOfWord {
  return (word) => {
    const ids: number[] = [];
    const sizes: number[] = [];
    encodeWord(word, ids, sizes);
    /** For each byte, where its character starts and ends. */
    const starts: number[] = [];
    const ends: number[] = [];
    let index = 0;
    for (const character of word) {
      for (let byte = bytesIn(character); byte > 0; byte--) {
        starts.push(index);
        ends.push(index + character.length);
      }
      index += character.length;
    }
    let end = 0;
    return ids.map((id, token) => {
      const start = end;
      end += sizes[token]!;
      return { id, start: starts[start] ?? word.length, end: ends[end - 1] ?? word.length };
    });
  };
}

/** For models whose tokens are parts of the word. */
function byTokens({ model }: Pipeline, { model: config }: TokenizerConfig): SpansOfWord {
  const { continuing_subword_prefix: prefix, end_of_word_suffix: suffix, type } = config;
  return (word) => {
    const tokens = model.encode([word]);
    let end = 0;
    return tokens.map((token, index) => {
      const id = model.tokens_to_ids.get(token) ?? model.unk_token_id!;
      const start = end;
      const isWhole = tokens.length === 1;
      let length = token.length;
      if (type !== "Unigram") {
        if (prefix && index > 0 && token.startsWith(prefix)) length -= prefix.length;
        if (suffix && token.endsWith(suffix)) length -= suffix.length;
      }
      end = isWhole ? word.length : Math.min(word.length, start + length);
      return { id, start, end };
    });
  };
}

/** Leaves the spaces around a token out, as the post-processor of RoBERTa does. */
function trimmer(
  { model }: Pipeline,
  config: PostProcessorConfig | null,
  addedTokens: readonly AddedToken[],
): (span: Span, index: number) => Span {
  const contents = new Map(addedTokens.map(({ id, content }) => [id, content]));
  const trims = [config, ...(config?.processors ?? [])].find(
    (part) => part && trimming.has(part.type) && part.trim_offsets !== false,
  );
  if (!trims) return (span) => span;
  return ({ id, start, end }, index) => {
    const token = contents.get(id) ?? model.vocab[id] ?? "";
    let leading = /^[\u0120\p{White_Space}]*/u.exec(token)![0].length;
    const trailing = token.length - token.replace(/[\u0120\p{White_Space}]+$/u, "").length;
    const isFirst = index === 0 || start === 0;
    if (isFirst && trims.add_prefix_space !== false && leading === 1) leading = 0;
    const first = Math.min(start + leading, end);
    const last = trailing > 0 && end >= trailing ? Math.max(end - trailing, first) : end;
    return { id, start: first, end: last };
  };
}

const trimming = new Set(["ByteLevel", "RobertaProcessing"]);

/** The spans, with the ids of the tokens, should some differ. */
function withIds(spans: readonly Span[], ids: readonly number[], length: number): Span[] {
  let before = 0;
  while (before < ids.length && spans[before]?.id === ids[before]) before++;
  if (before === ids.length && spans.length === ids.length) return [...spans];
  const most = Math.min(ids.length, spans.length) - before;
  let after = 0;
  while (after < most && spans.at(-1 - after)!.id === ids.at(-1 - after)) after++;
  const start = before > 0 ? spans[before - 1]!.end : 0;
  const end = after > 0 ? spans.at(-after)!.start : length;
  return ids.map((id, index) => {
    if (index < before) return spans[index]!;
    if (index >= ids.length - after) return spans[spans.length - ids.length + index]!;
    return { id, start, end: Math.max(start, end) };
  });
}
