import { Pacer } from "@embeddinggemma/internal";
import type { TextPieces } from "./text-pieces.ts";
import type { TokenSpan } from "./token-spans.ts";

/** What is needed of the tokens of a text. */
export interface TokenizeOptions {
  /**
   * Number of tokens that are needed. The result may have more, and has all tokens of shorter
   * texts.
   *
   * @default all
   */
  readonly maxTokens?: number | undefined;
  /** Whether the last tokens of a text are needed, not the first ones. @default false */
  readonly fromEnd?: boolean | undefined;
  /** Aborts the call between two texts, or two pieces of a long text. */
  readonly signal?: AbortSignal | undefined;
}

/** Tokenizes several texts, each as a whole. */
export type TokenizeWhole = (
  texts: readonly string[],
  signal: AbortSignal | undefined,
) => Promise<number[][]>;

/** Shared by all calls: with one for each, a hundred calls would block the thread for long. */
export const tokenizingPacer = new Pacer();

/** Length of a piece in characters: a few milliseconds of work. */
const pieceLength = 2048;

/** Maximum length of the pieces that are tokenized in one call. */
const roundLength = 65_536;

/**
 * More characters than most tokens have, so that one round usually gives the tokens that are
 * needed.
 */
const charactersPerToken = 6;

/**
 * Tokenizes texts. A long text is tokenized in pieces, and only as far as its tokens are needed.
 *
 * @param pieces - called for the first long text; null if it is not known where to cut
 */
export async function tokenizeTexts(
  texts: readonly string[],
  tokenize: TokenizeWhole,
  pieces: () => TextPieces | null,
  options: TokenizeOptions = {},
): Promise<number[][]> {
  const cutter = texts.some(isLong) ? pieces() : null;
  if (cutter === null) return tokenize(texts, options.signal);
  const whole = await tokenize(
    texts.map((text) => (isLong(text) ? "" : text)),
    options.signal,
  );
  const sequences: number[][] = [];
  for (const [index, text] of texts.entries())
    sequences.push(
      isLong(text) ? await tokenizeLong(text, tokenize, cutter, options) : whole[index]!,
    );
  return sequences;
}

function isLong(text: string): boolean {
  return text.length > 2 * pieceLength;
}

/**
 * The tokens of a text with their offsets. Those of a long text are found in pieces.
 *
 * @param pieces - called for a long text; null if it is not known where to cut
 */
export async function tokenSpansInPieces(
  text: string,
  spansOf: (text: string) => TokenSpan[],
  pieces: () => TextPieces | null,
  signal: AbortSignal | undefined,
): Promise<TokenSpan[]> {
  const cutter = isLong(text) ? pieces() : null;
  if (cutter === null) return spansOf(text);
  const { anchor, anchorTokens, cutAfter } = cutter;
  const spans = spansOf(text.slice(0, cutAfter(text, pieceLength)));
  for (let start = cutAfter(text, pieceLength); start < text.length; ) {
    const end = cutAfter(text, start + pieceLength);
    const offset = start - anchor.length;
    for (const span of spansOf(anchor + text.slice(start, end)).slice(anchorTokens))
      spans.push({ ...span, start: span.start + offset, end: span.end + offset });
    start = end;
    if (!tokenizingPacer.due) continue;
    await tokenizingPacer.pause();
    signal?.throwIfAborted();
  }
  return spans;
}

async function tokenizeLong(
  text: string,
  tokenize: TokenizeWhole,
  pieces: TextPieces,
  options: TokenizeOptions,
): Promise<number[]> {
  const { maxTokens = Number.POSITIVE_INFINITY, fromEnd = false, signal } = options;
  if (!fromEnd) return tokensAfter(text, 0, maxTokens, tokenize, pieces, signal);
  const needed = Math.max(maxTokens * charactersPerToken, pieceLength);
  for (let length = needed; ; length *= 2) {
    const start = length < text.length ? pieces.cutAfter(text, text.length - length) : 0;
    if (start === text.length) continue;
    const all = Number.POSITIVE_INFINITY;
    const tokens = await tokensAfter(text, start, all, tokenize, pieces, signal);
    if (start === 0 || tokens.length >= maxTokens) return tokens;
  }
}

/** Tokens of the text after a place where it can be cut. */
async function tokensAfter(
  text: string,
  start: number,
  maxTokens: number,
  tokenize: TokenizeWhole,
  { cutAfter, anchor, anchorTokens }: TextPieces,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const tokens: number[] = [];
  let position = start;
  while (position < text.length && tokens.length < maxTokens) {
    const needed = (maxTokens - tokens.length) * charactersPerToken;
    const roundEnd = position + Math.min(needed, roundLength);
    const round: { text: string; skipped: number }[] = [];
    while (position < text.length && position < roundEnd) {
      const end = cutAfter(text, position + pieceLength);
      const piece = text.slice(position, end);
      round.push(
        position === 0
          ? { text: piece, skipped: 0 }
          : { text: anchor + piece, skipped: anchorTokens },
      );
      position = end;
    }
    const results = await tokenize(
      round.map((piece) => piece.text),
      signal,
    );
    signal?.throwIfAborted();
    for (const [index, { skipped }] of round.entries())
      for (const token of results[index]!.slice(skipped)) tokens.push(token);
  }
  return tokens;
}
