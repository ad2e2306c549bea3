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

/** Options of {@link tokensOf}. */
export interface TokensOptions {
  readonly addSpecialTokens: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens of a text, with those that the tokenizer adds around it if `addSpecialTokens` is set.
 *
 * @throws `INVALID_ARGUMENT` if the backend has no `tokens`; the reason of `signal`
 */
export async function tokensOf(
  backend: Pick<Backend, "tokenizer" | "tokens" | "specialTokens">,
  text: string,
  { addSpecialTokens, signal }: TokensOptions,
): Promise<Token[]> {
  if (!backend.tokens) {
    throw new EmbeddingGemmaError(
      "INVALID_ARGUMENT",
      "This backend does not give offsets of tokens: it has no `tokens` method.",
    );
  }
  const spans = await backend.tokens(text, { signal });
  const tokens = spans.map((token) => ({ ...token, isSpecial: false }));
  if (!addSpecialTokens) return tokens;
  const { prefix, suffix } = backend.specialTokens;
  const special = (id: number): Token => {
    const name = backend.tokenizer.decode([id], { skipSpecialTokens: false });
    return { id, text: name, isSpecial: true, start: null, end: null };
  };
  return [...prefix.map(special), ...tokens, ...suffix.map(special)];
}
