import type { LoadedModel } from "../model/loaded-model.ts";
import type { ModelInput, PromptedText } from "./prompts.ts";

/** A text that is ready for a model. */
export interface PreparedText {
  /** Length in tokens, with prompt and special tokens, cut to the model's maximum length. */
  readonly tokens: number;
  /** Length before the cut; at least `tokens` if it was not asked for. */
  readonly fullLength: number;
  /** How many of the tokens the tokenizer has added; 0 if that was not asked for. */
  readonly specialTokens?: number;
}

/** A text as a model that runs here receives it. */
export interface TokenSequence extends PreparedText {
  /** Token ids, with prompt and special tokens, cut to the model's maximum length. */
  readonly ids: readonly number[];
  /** Number of tokens at the start to leave out of the pooling. */
  readonly unpooled: number;
}

/** What is needed of the tokens. */
export interface TokenizeSettings {
  /** Whether `fullLength` is needed, so that all of a long text is tokenized. @default false */
  readonly needsLengths?: boolean | undefined;
  /** The side on which a text that is too long is cut. @default that of the model */
  readonly truncationSide?: "left" | "right" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tokenizes prompt and text as one string. If there are too many tokens, removes them from the end,
 * or from the beginning if the model says so, and keeps the special tokens, as Hugging Face
 * tokenizers do. Token ids are cut in the same way.
 */
export async function tokenizeInputs(
  model: TokenizingModel,
  inputs: readonly ModelInput[],
  settings: TokenizeSettings = {},
): Promise<TokenSequence[]> {
  const texts = inputs.filter((input): input is PromptedText => !("ids" in input));
  const tokenized = await tokenizeTexts(model, texts, settings);
  let next = 0;
  return inputs.map((input) =>
    "ids" in input ? tokenSequence(model, input.ids, settings) : tokenized[next++]!,
  );
}

/** The parts of a model that are needed to tokenize. */
export interface TokenizingModel extends Pick<LoadedModel, "description"> {
  readonly backend: Pick<LoadedModel["backend"], "tokenize" | "specialTokens">;
}

async function tokenizeTexts(
  { backend, description }: TokenizingModel,
  texts: readonly PromptedText[],
  { needsLengths = false, truncationSide = description.truncationSide, signal }: TokenizeSettings,
): Promise<TokenSequence[]> {
  if (texts.length === 0) return [];
  const { prefix, suffix } = backend.specialTokens;
  const maxContent = Math.max(description.maxTokens - prefix.length - suffix.length, 0);
  const contents = await backend.tokenize(
    texts.map(({ prompt, text }) => prompt + text),
    {
      ...(!needsLengths && { maxTokens: maxContent }),
      fromEnd: truncationSide === "left",
      signal,
    },
  );
  const unpooled = await countUnpooled({ backend, description }, texts);
  return contents.map((content, index) => {
    const ids = [...prefix, ...cut(content, maxContent, truncationSide), ...suffix];
    return {
      ids,
      tokens: ids.length,
      fullLength: prefix.length + content.length + suffix.length,
      specialTokens: prefix.length + suffix.length,
      unpooled: unpooled.get(texts[index]!.prompt) ?? 0,
    };
  });
}

function tokenSequence(
  { description: { maxTokens, truncationSide: side } }: TokenizingModel,
  ids: readonly number[],
  { truncationSide = side }: TokenizeSettings,
): TokenSequence {
  const kept = cut(ids, maxTokens, truncationSide);
  return { ids: kept, tokens: kept.length, fullLength: ids.length, unpooled: 0 };
}

function cut(
  content: readonly number[],
  maxLength: number,
  side: "left" | "right" = "right",
): readonly number[] {
  return side === "left"
    ? content.slice(Math.max(content.length - maxLength, 0))
    : content.slice(0, maxLength);
}

/**
 * Number of tokens that the pooling leaves out for each prompt, if the model says so. As in
 * `Transformer._get_prompt_length` of Sentence Transformers, it is the length of the prompt
 * tokenized alone with its special tokens, minus one special token at the end.
 */
async function countUnpooled(
  { backend, description }: TokenizingModel,
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
