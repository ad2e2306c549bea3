import { checkText } from "../check.ts";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { makeExact, type TokenizerConfig } from "../tokenizer/exact-tokenizer.ts";
import { findTextPieces, type TextPieces } from "../tokenizer/text-pieces.ts";
import { importTokenizers } from "../transformers/import-transformers.ts";
import type { Backend, SpecialTokens } from "./backend.ts";

/** What is needed of a {@link ModelFolder} to load a model from it. */
export type ReadableFolder = Pick<ModelFolder, "path" | "read">;

export interface TokenizerOptions {
  /** Whether texts are lowercased before tokenizing. @default false */
  lowerCase?: boolean | undefined;
}

/** The parts of a backend that need no model. */
export interface LoadedTokenizer extends Pick<Backend, "tokenizer" | "specialTokens" | "padding"> {
  /** Where long texts can be cut. */
  pieces(): TextPieces | null;
}

/**
 * Loads the tokenizer of a model folder.
 *
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`
 */
export async function loadTokenizer(
  folder: ReadableFolder,
  { lowerCase = false }: TokenizerOptions = {},
): Promise<LoadedTokenizer> {
  // Not AutoTokenizer: tokenizer.json describes the tokenizer completely, and the class that
  // tokenizer_config.json names may be unknown to Transformers.js, which would print a warning.
  const { PreTrainedTokenizer } = await importTokenizers();
  const load = async () => {
    const config = (await readJson(folder, "tokenizer.json")) as TokenizerConfig;
    const settings = await readJson(folder, "tokenizer_config.json");
    const tokenizer = new PreTrainedTokenizer(config, settings);
    makeExact(tokenizer, config, { lowerCase });
    return { tokenizer, config };
  };
  const { tokenizer, config } = await load().catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `Transformers.js could not load the tokenizer in ${show(folder.path)}: ${reasonOf(cause)}`,
      { folder: folder.path, file: "tokenizer.json" },
      { cause },
    );
  });
  const padId = tokenizer.pad_token_id as number | undefined;
  if (padId === undefined || padId === null) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `The tokenizer in ${show(folder.path)} has no pad token, so texts cannot be batched. ` +
        'Set "pad_token" in its tokenizer_config.json.',
      { folder: folder.path, file: "tokenizer_config.json" },
    );
  }
  // No tokenizer accepts lone surrogates, so they are replaced by U+FFFD.
  const tokenize = (text: string, specials: boolean): number[] =>
    tokenizer.encode(checkText(text).toWellFormed(), { add_special_tokens: specials });

  const encode = (text: string) => tokenize(text, false);
  let pieces: TextPieces | null | undefined;
  return {
    pieces() {
      if (pieces === undefined) pieces = findTextPieces(tokenizer, config, encode);
      return pieces;
    },
    tokenizer: {
      encode,
      decode: (ids) =>
        ids.length === 0 ? "" : tokenizer.decode([...ids], { skip_special_tokens: true }),
    },
    specialTokens: specialTokensOf(tokenize),
    padding: { id: padId, side: tokenizer.padding_side === "left" ? "left" : "right" },
  };
}

/**
 * Reads a file for Transformers.js, so that its settings for files (`env`), which belong to the
 * application, do not matter.
 *
 * @throws SyntaxError, Error if the file is missing
 */
export async function readJson(folder: ReadableFolder, file: string): Promise<object> {
  const text = await folder.read(file);
  if (text === null) throw new Error(`${file} is missing`);
  return JSON.parse(text) as object;
}

/** Finds the special tokens around any text by tokenizing one. */
function specialTokensOf(tokenize: (text: string, specials: boolean) => number[]): SpecialTokens {
  const content = tokenize("a", false);
  const full = tokenize("a", true);
  const start = full.findIndex((_, index) =>
    content.every((token, offset) => full[index + offset] === token),
  );
  return { prefix: full.slice(0, start), suffix: full.slice(start + content.length) };
}
