import type { AddedToken } from "./added-tokens.ts";
import type { BpeTables } from "./bpe-tables.ts";
import { type Decoder, makeDecoderExact } from "./decoders.ts";
import {
  makeNormalizerExact,
  type Normalizer,
  type NormalizerConfig,
  toLowerCase,
} from "./normalizers.ts";
import {
  makePreTokenizerExact,
  type PreTokenizer,
  type PreTokenizerConfig,
} from "./pre-tokenizers.ts";
import { type UnigramModel, unigramEncoder } from "./unigram.ts";

/** The parts of `tokenizer.json` that are used here. */
export interface TokenizerConfig {
  readonly normalizer: NormalizerConfig | null;
  readonly pre_tokenizer: PreTokenizerConfig | null;
  readonly added_tokens: readonly AddedToken[];
  readonly model: {
    readonly type?: string;
    readonly ignore_merges?: boolean | null;
    readonly continuing_subword_prefix?: string | null;
    readonly end_of_word_suffix?: string | null;
  };
}

/** The parts of a tokenizer of Transformers.js that are used here. */
export interface Pipeline {
  normalizer?: Normalizer | null;
  pre_tokenizer?: (PreTokenizer & ((text: string, options?: object) => string[])) | null;
  model: TokenizerModel;
  decoder?: Decoder | null;
  remove_space?: boolean;
  do_lowercase_and_remove_accent?: boolean;
}

/** The ids of tokens: a `Map`, or the vocabulary of {@link BpeTables}. */
interface TokenIds {
  get(token: string): number | undefined;
  has(token: string): boolean;
  keys(): Iterable<string>;
  readonly joined?: BpeTables;
}

interface TokenizerModel {
  scores?: readonly number[];
  fuse_unk: boolean;
  unk_token_id: number | undefined;
  tokens_to_ids: TokenIds;
  vocab: readonly string[];
  encode(words: string[]): string[];
}

/**
 * Makes a tokenizer of Transformers.js 3 or 4 give the same tokens as Python, by changing what
 * differs from Hugging Face's `tokenizers`.
 *
 * @param config - content of `tokenizer.json`
 * @param options.lowerCase - lowercase texts first, except for special tokens, as Sentence
 * Transformers does for `do_lower_case`
 * @throws `SyntaxError` for a pattern that JavaScript cannot run
 */
export function makeExact(
  tokenizer: object,
  config: TokenizerConfig,
  { lowerCase = false } = {},
): void {
  const pipeline = pipelineOf(tokenizer);
  const { normalizer, pre_tokenizer, model } = pipeline;
  if (normalizer) makeNormalizerExact(normalizer, config.normalizer!);
  if (pre_tokenizer) makePreTokenizerExact(pre_tokenizer, config.pre_tokenizer!);
  if (isUnigram(model)) encodeByUnigram(model);
  else if (model.fuse_unk) fuseWithinWords(model);
  if (pipeline.decoder) makeDecoderExact(pipeline.decoder);
  // Settings of tokenizer_config.json for slow tokenizers. The fast ones do not read them.
  pipeline.remove_space = false;
  pipeline.do_lowercase_and_remove_accent = false;
  if (!lowerCase) return;
  pipeline.normalizer = (text) => {
    const lower = toLowerCase(text);
    return normalizer ? normalizer(lower) : lower;
  };
}

/** Transformers.js 4 keeps the parts of a tokenizer in a separate object. */
export function pipelineOf(tokenizer: object): Pipeline {
  return (tokenizer as { _tokenizer?: Pipeline })._tokenizer ?? (tokenizer as Pipeline);
}

function isUnigram(model: TokenizerModel): model is TokenizerModel & UnigramModel {
  return model.scores !== undefined;
}

function encodeByUnigram(model: TokenizerModel & UnigramModel): void {
  let encode: ((word: string) => string[]) | undefined;
  model.fuse_unk = false;
  model.encode = (words) => {
    // Not before the first text, when added tokens are known.
    encode ??= unigramEncoder(model);
    return words.flatMap(encode);
  };
}

/** Transformers.js fuses unknown tokens across words, `tokenizers` only within a word. */
function fuseWithinWords(model: TokenizerModel): void {
  const encode = model.encode.bind(model);
  const isUnknown = (token: string | undefined) =>
    token !== undefined &&
    (model.tokens_to_ids.get(token) ?? model.unk_token_id) === model.unk_token_id;
  model.fuse_unk = false;
  model.encode = (words) =>
    words.flatMap((word) =>
      encode([word]).filter(
        (token, index, tokens) => !(isUnknown(token) && isUnknown(tokens[index - 1])),
      ),
    );
}
