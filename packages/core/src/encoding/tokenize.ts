import type { LoadedModel } from "../model/loaded-model.ts";
import type { PromptedText } from "./prompts.ts";

/** A text as the model gets it. */
export interface TokenSequence {
  /** Token ids, prompt and special tokens included, cut to the model's length. */
  readonly ids: readonly number[];
  /** Length before the cut. */
  readonly fullLength: number;
  /** Tokens at the start that stay out of the pooling. */
  readonly unpooled: number;
}

/**
 * Tokenizes prompt and text as one string and cuts its end, or its beginning if the model says so,
 * between the special tokens, as Hugging Face tokenizers do.
 */
export async function tokenizeTexts(
  { backend, description }: LoadedModel,
  texts: readonly PromptedText[],
): Promise<TokenSequence[]> {
  const { prefix, suffix } = backend.specialTokens;
  const room = Math.max(description.maxTokens - prefix.length - suffix.length, 0);
  const contents = await backend.tokenize(texts.map(({ prompt, text }) => prompt + text));
  const unpooled = await countUnpooled({ backend, description }, texts);
  return contents.map((content, index) => ({
    ids: [...prefix, ...cut(content, room, description.truncationSide), ...suffix],
    fullLength: prefix.length + content.length + suffix.length,
    unpooled: unpooled.get(texts[index]!.prompt) ?? 0,
  }));
}

function cut(
  content: readonly number[],
  room: number,
  side: "left" | "right" = "right",
): readonly number[] {
  return side === "left"
    ? content.slice(Math.max(content.length - room, 0))
    : content.slice(0, room);
}

/**
 * Tokens of each prompt that the pooling leaves out, if the model says so: as
 * `Transformer._get_prompt_length` of Sentence Transformers, the prompt tokenized alone with its
 * special tokens, less one at the end.
 */
async function countUnpooled(
  { backend, description }: Pick<LoadedModel, "backend" | "description">,
  texts: readonly PromptedText[],
): Promise<Map<string, number>> {
  if (description.includePrompt) return new Map();
  const prompts = [...new Set(texts.map(({ prompt }) => prompt))].filter((prompt) => prompt !== "");
  const { prefix, suffix } = backend.specialTokens;
  const contents = await backend.tokenize(prompts);
  return new Map(
    prompts.map((prompt, index) => {
      const length = Math.min(
        prefix.length + contents[index]!.length + suffix.length,
        description.maxTokens,
      );
      return [prompt, length - (suffix.length > 0 ? 1 : 0)];
    }),
  );
}
