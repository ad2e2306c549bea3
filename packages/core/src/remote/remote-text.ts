import type { ModelInput } from "../encoding/prompts.ts";
import type { PreparedText } from "../encoding/tokenize.ts";

/** A text as it is sent to a server. */
export interface RemoteText extends PreparedText {
  /** Prompt and text, or token ids. */
  readonly content: string | readonly number[];
  /** The side on which the server cuts it, if it is too long. */
  readonly truncationSide: "left" | "right";
  /** When the call was made that it belongs to. */
  readonly calledAt: number;
  /** An estimate, until the tokenizer or the server says it. */
  tokens: number;
}

/** Prompt and text, or token ids, as JSON can carry them: lone surrogates become U+FFFD. */
export function contentOf(input: ModelInput): RemoteText["content"] {
  return "ids" in input ? input.ids : (input.prompt + input.text).toWellFormed();
}

/** Characters of a token in most languages, rather too few than too many. */
const charactersPerToken = 3;
const specialTokens = 2;

/** About how many tokens a text has. */
export function estimateTokens(content: RemoteText["content"]): number {
  if (typeof content !== "string") return content.length;
  return Math.ceil(content.length / charactersPerToken) + specialTokens;
}

/** Corrects the estimates by the number of tokens that all texts of a request have. */
export function correctTokens(texts: readonly RemoteText[], total: number): void {
  const estimated = texts.reduce((sum, { tokens }) => sum + tokens, 0);
  if (estimated === total || estimated === 0) return;
  let before = 0;
  for (const text of texts) {
    const after = before + text.tokens;
    // Rounding the running sums keeps the total.
    text.tokens =
      Math.round((after * total) / estimated) - Math.round((before * total) / estimated);
    before = after;
  }
}
