import { whitespace, word } from "./patterns.ts";

/** An added token in `tokenizer.json`. */
export interface AddedToken {
  readonly id?: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}

/** A part of a text: an added token, or the text between two of them. */
export type Section = { readonly start: number; readonly end: number } & (
  | { readonly text: string; readonly id?: undefined }
  | { readonly id: number }
);

/**
 * Finds added tokens in a text as Hugging Face's `tokenizers` does: the first, and of those that
 * start at the same place the longest.
 *
 * @param contentOf - the text to look for
 * @see `added_vocabulary.rs` in
 * https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/tokenizer
 */
export function addedTokenSplitter(
  tokens: readonly AddedToken[],
  contentOf = ({ content }: AddedToken) => content,
): (text: string) => Section[] {
  const byContent = new Map<string, AddedToken>();
  /** Lengths of the tokens by their first character, the longest first. */
  const lengths = new Map<number, number[]>();
  for (const token of tokens) {
    const content = contentOf(token);
    if (content === "") continue;
    byContent.set(content, token);
    const first = content.charCodeAt(0);
    const known = lengths.get(first) ?? [];
    if (!known.includes(content.length)) known.push(content.length);
    lengths.set(first, known);
  }
  for (const known of lengths.values()) known.sort((a, b) => b - a);

  const matchAt = (text: string, index: number): [string, AddedToken] | null => {
    for (const length of lengths.get(text.charCodeAt(index)) ?? []) {
      if (index + length > text.length) continue;
      const content = text.slice(index, index + length);
      const token = byContent.get(content);
      if (token) return [content, token];
    }
    return null;
  };

  return (text) => {
    const sections: Section[] = [];
    let end = 0;
    for (let index = 0; index < text.length; ) {
      const match = matchAt(text, index);
      if (!match) {
        index++;
        continue;
      }
      const [content, token] = match;
      let start = index;
      index += content.length;
      if (token.single_word && !isWord(text, start, index)) continue;
      let stop = index;
      if (token.lstrip) start = Math.max(end, start - spacesBefore(text, start));
      if (token.rstrip) stop += spacesAfter(text, stop);
      if (start > end) sections.push({ text: text.slice(end, start), start: end, end: start });
      sections.push({ id: token.id!, start, end: stop });
      end = stop;
    }
    if (end < text.length) sections.push({ text: text.slice(end), start: end, end: text.length });
    return sections;
  };
}

const letterBefore = new RegExp(`[${word}]$`, "u");
const letterAfter = new RegExp(`^[${word}]`, "u");
const spaceAfter = new RegExp(`[${whitespace}]*`, "uy");
const space = new RegExp(`[${whitespace}]`, "u");

function isWord(text: string, start: number, end: number): boolean {
  return (
    !letterBefore.test(text.slice(Math.max(0, start - 2), start)) &&
    !letterAfter.test(text.slice(end, end + 2))
  );
}

function spacesBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && space.test(text[start - 1]!)) start--;
  return end - start;
}

function spacesAfter(text: string, start: number): number {
  spaceAfter.lastIndex = start;
  return spaceAfter.exec(text)![0].length;
}
