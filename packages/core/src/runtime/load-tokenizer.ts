import type { PreTrainedTokenizer } from "@huggingface/transformers";
import { checkText } from "../check.ts";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import { jsonProblem } from "../files/json-problem.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { buildBpeTables } from "../tokenizer/bpe-tables.ts";
import { type CompactConfig, useBpeTables, withoutTables } from "../tokenizer/bpe-tokenizer.ts";
import { makeExact, pipelineOf } from "../tokenizer/exact-tokenizer.ts";
import { findTextPieces, type TextPieces } from "../tokenizer/text-pieces.ts";
import { type TokenSpan, tokenSpans } from "../tokenizer/token-spans.ts";
import {
  type CompactTokenizer,
  isIntact,
  packTokenizer,
  tokenizerFileVersion,
  unpackTokenizer,
} from "../tokenizer/tokenizer-file.ts";
import { importTokenizers } from "../transformers/import-transformers.ts";
import type { Backend, SpecialTokens, Tokenizer } from "./backend.ts";

/** What is needed of a {@link ModelFolder} to load a model from it. */
export type ReadableFolder = Pick<ModelFolder, "path" | "read">;

/** What is needed of a {@link ModelFolder} to load its tokenizer. */
export type TokenizerFolder = Pick<ModelFolder, "path" | "read" | "derive">;

export interface TokenizerOptions {
  /** Whether texts are lowercased before tokenizing. @default false */
  lowerCase?: boolean | undefined;
}

/** The parts of a backend that need no model. */
export interface LoadedTokenizer extends Pick<Backend, "tokenizer" | "specialTokens" | "padding"> {
  /** Where long texts can be cut. */
  pieces(): TextPieces | null;
  /** The tokens of a text with their offsets. */
  spans(text: string): TokenSpan[];
}

/**
 * Loads the tokenizer of a model folder.
 *
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`
 */
export async function loadTokenizer(
  folder: TokenizerFolder,
  { lowerCase = false }: TokenizerOptions = {},
): Promise<LoadedTokenizer> {
  // Not AutoTokenizer: tokenizer.json describes the tokenizer completely, and the class that
  // tokenizer_config.json names may be unknown to Transformers.js, which would print a warning.
  const { PreTrainedTokenizer } = await importTokenizers();
  const load = async () => {
    const { config, tables } = await readTokenizer(folder);
    const settings = await readJson(folder, "tokenizer_config.json");
    const tokenizer = new PreTrainedTokenizer(config, settings);
    const bpe = tables && useBpeTables(tokenizer, config, tables);
    const encode =
      bpe?.encode ?? ((text: string) => tokenizer.encode(text, { add_special_tokens: false }));
    const normalizer = pipelineOf(tokenizer).normalizer ?? null;
    makeExact(tokenizer, config, { lowerCase });
    const encodeWord = bpe?.encodeWord;
    const spans = tokenSpans(tokenizer, config, { lowerCase, normalizer, encodeWord, encode });
    return { tokenizer, config, encodePlain: encode, spans };
  };
  const { tokenizer, config, encodePlain, spans } = await load().catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `Transformers.js could not load the tokenizer in ${show(folder.path)}: ${reasonOf(cause)}`,
      { folder: folder.path, file: "tokenizer.json" },
      { cause },
    );
  });
  const padId = idOf(tokenizer, tokenizer.pad_token as string | null | undefined);
  if (padId === undefined) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `The tokenizer in ${show(folder.path)} has no pad token, so texts cannot be batched. ` +
        'Set "pad_token" in its tokenizer_config.json.',
      { folder: folder.path, file: "tokenizer_config.json" },
    );
  }
  // No tokenizer accepts lone surrogates, so they are replaced by U+FFFD.
  const encode = (text: string) => encodePlain(checkText(text).toWellFormed());
  let pieces: TextPieces | null | undefined;
  return {
    pieces() {
      if (pieces === undefined) pieces = findTextPieces(tokenizer, config, encode);
      return pieces;
    },
    spans: (text) => spans(checkText(text).toWellFormed()),
    tokenizer: {
      encode,
      decode: textDecoder(tokenizer),
      has: (id) => pipelineOf(tokenizer).model.vocab[id] !== undefined,
    },
    specialTokens: specialTokensOf(encode, (text) => tokenizer.encode(text)),
    padding: { id: padId, side: tokenizer.padding_side === "left" ? "left" : "right" },
  };
}

interface TokenizerParts {
  readonly config: CompactConfig;
  /** Null for a model that Transformers.js runs. */
  readonly tables: CompactTokenizer["tables"] | null;
}

/** Large tables are kept for the next process: it need not read `tokenizer.json`. */
async function readTokenizer(folder: TokenizerFolder): Promise<TokenizerParts> {
  const readConfig = async () => (await readJson(folder, "tokenizer.json")) as CompactConfig;
  let config: CompactConfig | undefined;
  const { bytes } = await folder.derive("tokenizer.json", {
    name: "tokenizer",
    version: tokenizerFileVersion,
    isIntact,
    async make() {
      config = await readConfig();
      const tables = await buildBpeTables(config.model);
      return packTokenizer(tables && { config: withoutTables(config), tables });
    },
  });
  return unpackTokenizer(bytes) ?? { config: config ?? (await readConfig()), tables: null };
}

function idOf(tokenizer: object, token: string | null | undefined): number | undefined {
  return token ? pipelineOf(tokenizer).model.tokens_to_ids.get(token) : undefined;
}

/** Transformers.js takes ids that the vocabulary does not have for the unknown token, or fails. */
function textDecoder(tokenizer: PreTrainedTokenizer): Tokenizer["decode"] {
  const { model } = pipelineOf(tokenizer);
  return (ids, { skipSpecialTokens = true } = {}) => {
    const known = checkIds(ids).filter((id) => model.vocab[id] !== undefined);
    if (known.length === 0) return "";
    return tokenizer.decode(known, { skip_special_tokens: skipSpecialTokens });
  };
}

function checkIds(ids: unknown): number[] {
  if (!Array.isArray(ids)) throw invalidIds(ids);
  for (const id of ids) if (!Number.isSafeInteger(id) || id < 0) throw invalidIds(id);
  return ids as number[];
}

function invalidIds(value: unknown): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `Token ids must be an array of non-negative integers; ${show(value)} was given.`,
    { ids: value },
  );
}

/**
 * Reads a file for Transformers.js, so that its settings for files (`env`), which belong to the
 * application, do not matter.
 *
 * @throws Error if the file is missing or is not JSON
 */
export async function readJson(folder: ReadableFolder, file: string): Promise<object> {
  const text = await folder.read(file);
  if (text === null) throw new Error(`${file} is missing`);
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new Error(`${file} ${jsonProblem(text, cause)}`, { cause });
  }
}

/** Finds the special tokens around any text by tokenizing one. */
function specialTokensOf(
  encode: (text: string) => number[],
  encodeWithSpecials: (text: string) => number[],
): SpecialTokens {
  const content = encode("a");
  const full = encodeWithSpecials("a");
  const start = full.findIndex((_, index) =>
    content.every((token, offset) => full[index + offset] === token),
  );
  return { prefix: full.slice(0, start), suffix: full.slice(start + content.length) };
}
