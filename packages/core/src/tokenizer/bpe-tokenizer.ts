import { addedTokenSplitter } from "./added-tokens.ts";
import { bpeEncoder, type EncodeWord } from "./bpe.ts";
import type { BpeConfig, BpeTables } from "./bpe-tables.ts";
import { type Pipeline, pipelineOf, type TokenizerConfig } from "./exact-tokenizer.ts";
import { Vocabulary } from "./vocabulary.ts";

/** `tokenizer.json`, with the vocabulary and the merges of a BPE model in tables. */
export interface CompactConfig extends TokenizerConfig {
  readonly model: BpeConfig;
}

/** What is left of the model in `tokenizer.json`, for {@link useBpeTables}. */
export function withoutTables(config: CompactConfig): CompactConfig {
  return { ...config, model: { ...config.model, vocab: {}, merges: [] } };
}

/**
 * Puts byte-pair encoding by tables in place of the model of a tokenizer of Transformers.js that
 * was made from {@link withoutTables}. The tokenizer encodes and decodes as before.
 *
 * @returns `encode`: the token ids of a text, without special tokens, as in Hugging Face's
 * `tokenizers`. This is faster than the tokenizer of Transformers.js, which goes from ids to texts
 * and back. `encodeWord`: those of one word.
 */
export function useBpeTables(
  tokenizer: object,
  config: CompactConfig,
  tables: BpeTables,
): { encode: (text: string) => number[]; encodeWord: EncodeWord } {
  const pipeline = pipelineOf(tokenizer);
  const { model } = pipeline;
  const vocabulary = new Vocabulary(tables);
  const encodeWord = bpeEncoder(tables, vocabulary, config.model);
  const idsOfAdded = new Map(config.added_tokens.map(({ content, id }) => [content, id!]));
  const addedTokens: readonly string[] = model.vocab;
  model.tokens_to_ids = {
    get: (token) => idsOfAdded.get(token) ?? vocabulary.get(token),
    has: (token) => idsOfAdded.has(token) || vocabulary.has(token),
    keys: () => vocabulary.keys(),
    joined: tables,
  };
  model.vocab = new Proxy(addedTokens, {
    get: (_, id) => addedTokens[Number(id)] ?? vocabulary.token(Number(id)),
  });
  model.unk_token_id = config.model.unk_token ? vocabulary.get(config.model.unk_token) : undefined;
  model.fuse_unk = false;
  model.encode = (words) => {
    const ids: number[] = [];
    for (const word of words) encodeWord(word, ids);
    return ids.map((id) => vocabulary.token(id)!);
  };
  return { encode: textEncoder(pipeline, config, encodeWord), encodeWord };
}

function textEncoder(
  pipeline: Pipeline,
  { added_tokens }: CompactConfig,
  encodeWord: (word: string, ids: number[]) => void,
): (text: string) => number[] {
  const splitText = addedTokenSplitter(added_tokens.filter(({ normalized }) => !normalized));
  const normalized = added_tokens.filter((token) => token.normalized);
  let splitNormalized: typeof splitText | undefined;
  return (text) => {
    // Not before the first text, when the normalizer is exact.
    const normalize = pipeline.normalizer ?? ((section: string) => section);
    splitNormalized ??= addedTokenSplitter(normalized, ({ content }) => normalize(content));
    const ids: number[] = [];
    for (const [index, section] of splitText(text).entries()) {
      if (section.id !== undefined) {
        ids.push(section.id);
        continue;
      }
      for (const [part, inner] of splitNormalized(normalize(section.text)).entries()) {
        if (inner.id !== undefined) {
          ids.push(inner.id);
          continue;
        }
        const { pre_tokenizer } = pipeline;
        const options = { section_index: index + part };
        const words = pre_tokenizer ? pre_tokenizer(inner.text, options) : [inner.text];
        for (const word of words) encodeWord(word, ids);
      }
    }
    return ids;
  };
}
