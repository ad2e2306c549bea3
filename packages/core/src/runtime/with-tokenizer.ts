import { tokenizeTexts, tokenizingPacer, tokenSpansInPieces } from "../tokenizer/tokenize-long.ts";
import type { Backend } from "./backend.ts";
import {
  type LoadedTokenizer,
  loadTokenizer,
  type TokenizerFolder,
  type TokenizerOptions,
} from "./load-tokenizer.ts";

/** The part of a backend that runs a model. It takes token ids. */
export type ModelRunner = Pick<Backend, "run" | "dispose" | "lost" | "concurrency">;

/**
 * Makes a backend of a model that is being loaded, and of its tokenizer, which is loaded meanwhile.
 * Tokenizing is fast enough for this thread, and pauses every few milliseconds.
 *
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`; the error of `loading`
 */
export async function withTokenizer(
  folder: TokenizerFolder,
  options: TokenizerOptions,
  loading: Promise<ModelRunner>,
): Promise<Backend> {
  const loadingTokenizer = loadTokenizer(folder, options);
  try {
    const [loaded, runner] = await Promise.all([loadingTokenizer, loading]);
    const { tokenizer, specialTokens, padding } = loaded;
    const tokenizing = { tokenize: tokenizeWith(loaded), tokens: tokensWith(loaded) };
    return { ...runner, tokenizer, specialTokens, padding, ...tokenizing };
  } catch (error) {
    // Neither goes on in the background: the next load may use the same files.
    const [, model] = await Promise.allSettled([loadingTokenizer, loading]);
    // If both fail, which was first is chance.
    if (model.status === "rejected") throw model.reason;
    await model.value.dispose().catch(() => {});
    throw error;
  }
}

/** Tokenizes many texts without blocking the event loop for long. */
export function tokenizeWith({ tokenizer, pieces }: LoadedTokenizer): Backend["tokenize"] {
  return (texts, options) =>
    tokenizeTexts(
      texts,
      (whole, signal) => mapWithPauses(whole, tokenizer.encode, signal),
      pieces,
      options,
    );
}

/** Finds the tokens of a text without blocking the event loop for long. */
export function tokensWith({ pieces, spans }: LoadedTokenizer): NonNullable<Backend["tokens"]> {
  return (text, { signal } = {}) => tokenSpansInPieces(text, spans, pieces, signal);
}

async function mapWithPauses<T, U>(
  items: readonly T[],
  map: (item: T) => U,
  signal: AbortSignal | undefined,
): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) {
    results.push(map(item));
    if (!tokenizingPacer.due) continue;
    await tokenizingPacer.pause();
    signal?.throwIfAborted();
  }
  return results;
}
