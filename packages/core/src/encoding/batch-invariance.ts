import { show } from "../errors.ts";
import { type LoadModelOptions, loadModel } from "../model/load-model.ts";
import type { LoadedModel } from "../model/loaded-model.ts";
import { areClose } from "../vectors/vectors.ts";
import { warnOnce } from "../warn-once.ts";
import { embedBatch } from "./embed-batch.ts";
import { type LocalModel, withQueue } from "./embedding-model.ts";
import { type TokenSequence, tokenizeInputs } from "./tokenize.ts";

/**
 * Loads a model. If its graph quantizes activations dynamically, measures whether a vector depends
 * on the other texts of its batch, since then one scale is computed for the whole batch.
 *
 * @throws see `loadModel`
 */
export async function loadMeasuredModel(
  model: string,
  options: LoadModelOptions,
): Promise<LocalModel> {
  const loaded = await loadModel(model, options);
  if (loaded.batchInvariant) return withQueue(loaded);
  return withQueue({ ...loaded, batchInvariant: await isBatchInvariant(loaded) });
}

/** Warns, once per model, that its vectors depend on their batch. */
export function warnOfBatches(model: string, { dtype }: Pick<LoadedModel, "dtype">): void {
  warnOnce(
    `${dtype} ${model}`,
    `The vectors of ${show(model)} with dtype ${dtype} depend on the other texts of their batch: ` +
      "its ONNX file quantizes a whole batch with one scale. " +
      "Set `batchSize: 1`, so that every text always gets the same vector, " +
      "or use a dtype without dynamic quantization, such as fp32. " +
      "A vector cache keeps only vectors of texts that were embedded alone.",
    "EMBEDDINGGEMMA_BATCH_DEPENDENT",
  );
}

/** Short, and unlike {@link longText}. */
const shortText = "a";

/** Digits, punctuation and several scripts, since rare tokens tend to have large activations. */
const longText = "Größe: 12,345 % — «Планета Марс», 火星は赤い惑星です!? #{}[] المريخ कखग 🚀 xyzzy";

/** Number of tokens in the probe of tokens from the whole vocabulary. */
const vocabularySamples = 32;

/** Largest difference of a vector, relative to its length, that counts as rounding. */
const tolerance = 1e-4;

/**
 * Embeds a few very different sequences together and alone, and compares. The graph is known to
 * quantize dynamically, so if that fails, the answer is no.
 */
async function isBatchInvariant(model: LoadedModel): Promise<boolean> {
  const texts = [shortText, longText].map((text) => ({ prompt: "", text }));
  try {
    const sequences = await tokenizeInputs(model, texts);
    return (
      (await isSameAlone(model, sequences)) &&
      (await isSameAlone(model, [sequences[0]!, sampleVocabulary(model)]))
    );
  } catch {
    // A model that does not run at all fails with its error at the first text.
    return false;
  }
}

async function isSameAlone(
  model: LoadedModel,
  sequences: readonly TokenSequence[],
): Promise<boolean> {
  const together = await embedBatch(model, sequences);
  for (const [index, sequence] of sequences.entries()) {
    const [alone] = await embedBatch(model, [sequence]);
    if (!areClose(together[index]!, alone!, tolerance)) return false;
  }
  return true;
}

/**
 * Tokens from the whole vocabulary, since a small vocabulary may have no word of the texts. Special
 * tokens, which decode to nothing, are left out.
 */
function sampleVocabulary({ backend, description, vocabularySize }: LoadedModel): TokenSequence {
  const { prefix, suffix } = backend.specialTokens;
  const count = Math.min(
    vocabularySamples,
    vocabularySize ?? 0,
    Math.max(description.maxTokens - prefix.length - suffix.length, 0),
  );
  const content = Array.from({ length: count }, (_, index) =>
    Math.floor(((index + 1) * vocabularySize!) / (count + 1)),
  ).filter((id) => backend.tokenizer.decode([id]).trim() !== "");
  const ids = [...prefix, ...content, ...suffix];
  return { ids, tokens: ids.length, fullLength: ids.length, unpooled: 0 };
}
