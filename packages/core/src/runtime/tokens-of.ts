import { EmbeddingGemmaError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** A token of a text. */
export interface Token {
  readonly id: number;
  /** The part of the text; for a special token its name, such as `<bos>`. */
  readonly text: string;
  /** Whether the tokenizer adds it around any text. */
  readonly isSpecial: boolean;
  /** Offset of the start in the text, in UTF-16 code units; null for a special token. */
  readonly start: number | null;
  /** Offset of the end; null for a special token. */
  readonly end: number | null;
}

/**
 * The tokens of a text, with those that the tokenizer adds around it if `addSpecialTokens` is set.
 *
 * @throws `INVALID_ARGUMENT` if the backend's tokenizer has no `tokens`
 */
export function tokensOf(
  { tokenizer, specialTokens }: Pick<Backend, "tokenizer" | "specialTokens">,
  text: string,
  addSpecialTokens: boolean,
): Token[] {
  if (!tokenizer.tokens) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "This backend's tokenizer does not give offsets: it has no `tokens` method.",
    );
  }
  const tokens = tokenizer.tokens(text).map((token) => ({ ...token, isSpecial: false }));
  if (!addSpecialTokens) return tokens;
  const special = (id: number): Token => {
    const name = tokenizer.decode([id], { skipSpecialTokens: false });
    return { id, text: name, isSpecial: true, start: null, end: null };
  };
  return [...specialTokens.prefix.map(special), ...tokens, ...specialTokens.suffix.map(special)];
}
