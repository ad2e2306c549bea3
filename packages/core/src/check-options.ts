import type { EncodeDefaults } from "./embedder.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import type { LoadModelOptions } from "./load-model.ts";
import { weightsSuffixes } from "./transformers-backend.ts";

/**
 * Checks the options of encoding.
 *
 * @param matryoshkaDimensions - what the model was trained for, longest first; left out while the model is not loaded
 * @throws `INVALID_OPTION`, `UNTRAINED_DIMENSION`
 */
export function checkEncodeOptions(options: EncodeDefaults, matryoshkaDimensions?: readonly number[]): void {
  const { truncateDim, allowUntrainedDim, normalize, truncation, maxBatchTokens, cache } = options;
  if (truncateDim !== undefined) checkTruncateDim(truncateDim, allowUntrainedDim ?? false, matryoshkaDimensions);
  if (normalize !== undefined && typeof normalize !== "boolean") throw invalid("normalize", normalize, "true or false");
  if (truncation !== undefined && truncation !== "end" && truncation !== "error") {
    throw invalid("truncation", truncation, '"end" or "error"');
  }
  if (maxBatchTokens !== undefined && !(maxBatchTokens >= 1)) {
    throw invalid("maxBatchTokens", maxBatchTokens, "a number of at least 1");
  }
  if (cache && (typeof cache.getMany !== "function" || typeof cache.setMany !== "function")) {
    throw invalid("cache", cache, "an object with getMany and setMany, such as a MemoryVectorCache");
  }
}

/**
 * Checks the options of loading, as far as that can be done without the model.
 *
 * @throws `INVALID_OPTION`
 */
export function checkLoadOptions(model: unknown, { dtype, threads, maxTokens, worker }: LoadModelOptions): void {
  if (typeof model !== "string" || model === "") throw invalid("model", model, "a Hub id or a folder");
  if (dtype !== undefined && !Object.hasOwn(weightsSuffixes, dtype)) {
    throw invalid("dtype", dtype, `one of ${Object.keys(weightsSuffixes).join(", ")}`);
  }
  if (worker !== undefined && typeof worker !== "boolean") throw invalid("worker", worker, "true or false");
  if (worker && typeof globalThis.process?.versions?.node !== "string") {
    throw invalid("worker", worker, "false outside Node; in a browser, load the embedder in a Web Worker of your own");
  }
  for (const [name, value] of Object.entries({ threads, maxTokens })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw invalid(name, value, "a whole number of at least 1");
    }
  }
}

function checkTruncateDim(truncateDim: number, allowUntrained: boolean, trained: readonly number[] | undefined): void {
  const longest = trained?.[0] ?? Number.POSITIVE_INFINITY;
  if (!Number.isInteger(truncateDim) || truncateDim < 1 || truncateDim > longest) {
    const expected = trained
      ? `a whole number from 1 to ${longest}, the model's dimension`
      : "a whole number of at least 1";
    throw invalid("truncateDim", truncateDim, expected);
  }
  if (!allowUntrained && trained && !trained.includes(truncateDim)) {
    throw new EmbeddingGemmaError(
      "UNTRAINED_DIMENSION",
      `The model was not trained for vectors of ${truncateDim} numbers. Use ${trained.join(", ")}, or set allowUntrainedDim.`,
      { truncateDim, matryoshkaDimensions: trained },
    );
  }
}

function invalid(name: string, value: unknown, expected: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError("INVALID_OPTION", `${name} must be ${expected}; ${show(value)} was given.`, {
    [name]: value,
  });
}
