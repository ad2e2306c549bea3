import type { LoadedModel } from "./load-model.ts";
import type { PromptedText } from "./prompts.ts";

/** A text as the model gets it. */
export interface TokenSequence {
  /** Token ids, prompt and special tokens included, cut to the model's length. */
  readonly ids: readonly number[];
  /** Length before the cut. */
  readonly fullLength: number;
  /** Tokens at the start that belong to the prompt, special tokens before it counted. */
  readonly promptTokens: number;
}

/**
 * Tokenizes prompt and text as one string and cuts its end, between the special tokens, as Hugging Face tokenizers do.
 *
 * A lone surrogate, which no tokenizer can take, counts as U+FFFD.
 */
export function tokenizeWithPrompt(
  { backend, description }: LoadedModel,
  { prompt, text }: PromptedText,
): TokenSequence {
  const { prefix, suffix } = backend.specialTokens;
  const content = backend.tokenize((prompt + text).toWellFormed());
  const room = Math.max(description.maxTokens - prefix.length - suffix.length, 0);
  return {
    ids: [...prefix, ...content.slice(0, room), ...suffix],
    fullLength: prefix.length + content.length + suffix.length,
    promptTokens: description.includePrompt || prompt === "" ? 0 : countPromptTokens({ backend, description }, prompt),
  };
}

/** As `Transformer._get_prompt_length` of Sentence Transformers: the prompt tokenized alone, less one special token at its end. */
function countPromptTokens(
  { backend, description }: Pick<LoadedModel, "backend" | "description">,
  prompt: string,
): number {
  const { prefix, suffix } = backend.specialTokens;
  const length = prefix.length + backend.tokenize(prompt.toWellFormed()).length + suffix.length;
  return Math.min(length, description.maxTokens) - (suffix.length > 0 ? 1 : 0);
}
