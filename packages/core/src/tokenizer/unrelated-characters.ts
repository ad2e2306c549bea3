import { mayBeJoined } from "./bpe-tables.ts";
import type { Pipeline, TokenizerConfig } from "./exact-tokenizer.ts";
import type { NormalizerConfig } from "./normalizers.ts";

/**
 * Where a text can be cut for BPE without words, as in EmbeddingGemma: between two characters that
 * no merge joins. Both sides are tokenized independently, also in texts without spaces.
 *
 * @returns as `TextPieces.cutAfter`; null for other tokenizers
 */
export function cutBetweenUnrelated(
  { normalizer, model }: Pipeline,
  config: TokenizerConfig,
): ((text: string, from: number) => number) | null {
  const normalize = (text: string) => (normalizer ? normalizer(text) : text);
  const { type, ignore_merges, continuing_subword_prefix, end_of_word_suffix } = config.model;
  const { joined } = model.tokens_to_ids;
  const isPlain =
    type === "BPE" &&
    !(ignore_merges || continuing_subword_prefix || end_of_word_suffix) &&
    (config.normalizer === null || replacesCharacters(config.normalizer)) &&
    normalize("A") === "A" &&
    neverSplits(config, normalize) &&
    config.added_tokens.every((token) => !(token.lstrip || token.rstrip || token.single_word));
  if (!isPlain || !joined) return null;

  const inAddedTokens = new Set<string>();
  for (const { content } of config.added_tokens) {
    let before = "";
    // Added tokens may contain characters that the normalizer replaces.
    for (const character of normalize(content)) {
      if (before) inAddedTokens.add(before + character);
      before = character;
    }
  }
  const areRelated = (left: string, right: string) =>
    mayBeJoined(joined, left, right) || inAddedTokens.has(left + right);
  /** Unknown characters beside each other are fused. */
  const isKnown = (character: string) => model.tokens_to_ids.has(character);
  return (text, from) => {
    for (let index = from + 1; index < text.length; index++) {
      if (isLowSurrogate(text, index)) continue;
      const before = text.slice(isLowSurrogate(text, index - 1) ? index - 2 : index - 1, index);
      const [left, right] = [before, String.fromCodePoint(text.codePointAt(index)!)].map(normalize);
      if (isKnown(left!) && isKnown(right!) && !areRelated(left!, right!)) return index;
    }
    return text.length;
  };
}

function isLowSurrogate(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}

/** Whether a normalizer does nothing but replace characters, each by one. */
function replacesCharacters({ type, normalizers, pattern, content }: NormalizerConfig): boolean {
  if (type === "Sequence") return normalizers!.every(replacesCharacters);
  return type === "Replace" && pattern?.String?.length === 1 && content?.length === 1;
}

/** Gemma splits at spaces, but its normalizer has replaced them all by then. */
function neverSplits(
  { pre_tokenizer }: TokenizerConfig,
  normalize: (text: string) => string,
): boolean {
  if (pre_tokenizer === null) return true;
  const separator = pre_tokenizer.type === "Split" ? pre_tokenizer.pattern?.String : undefined;
  return separator?.length === 1 && !normalize(separator).includes(separator);
}
