import { FaissStoreError } from "../errors.ts";
import { innerProduct, norm } from "../rows/vector-math.ts";
import type { FaissStoreItem, ImportEmbedding } from "../types.ts";
import { embedRecords } from "./embed-records.ts";

/** An item with the vector of the file. */
export interface StoredItem<R> extends FaissStoreItem<R> {
  id: string;
  vector: Float32Array;
}

/**
 * How many texts are embedded. Enough to notice a foreign pipeline, so few that nobody waits.
 */
const sampleSize = 8;

/** Shorter texts have vectors that quantization changes most. */
const minLength = 20;

/**
 * A text agrees if the cosine of its two vectors is at least this, and the vectors of a store agree
 * if the median of the sample does too. q8 and fp32 of EmbeddingGemma have 0.988 and more; texts
 * that are cut or lack their prompt have less, at least some of them.
 */
const agreeingCosine = 0.975;

/** No text of the sample may have less. */
const lowestCosine = 0.95;

/**
 * Vectors agree as well if no text of the sample has less than this, and all of several variants
 * that do not fit are further away. q4 and fp32 of EmbeddingGemma have 0.98 for short texts and
 * 0.965 for long ones. Long texts without their prompt have 0.95, so the cosine alone does not
 * decide.
 */
const doubtfulCosine = 0.94;

/**
 * One variant is closer than another if it leaves at most this part of the distance to the stored
 * vectors. Vectors of the same text with two prompts can be so similar that no limit of the cosine
 * tells them apart from quantization, but they are not equally close.
 */
const closerBy = 0.8;

/** If no text has less, the vectors are the same up to rounding, and no variant is tried. */
const sameCosine = 0.9999;

/**
 * Embeds a few of the stored texts and compares the vectors with the stored ones.
 *
 * @param where - names the file or folder
 * @returns undefined if they agree, or else the error; undefined too if nothing can be compared
 * @throws FaissStoreError `INVALID_VECTOR`; the errors of the embedding
 */
export async function findDisagreement<R>(
  items: readonly StoredItem<R>[],
  embedding: ImportEmbedding<R>,
  where: string,
  signal: AbortSignal | undefined,
): Promise<FaissStoreError | undefined> {
  const sample = sampleOf(items, embedding);
  if (sample.length === 0) return undefined;
  const embedAll = (embed: ImportEmbedding<R>["embed"]) => embedRecords(embed, sample, signal);
  const vectors = await embedAll(embedding.embed);
  const stored = sample[0]!.vector.length;
  const other = vectors.find(({ length }) => length !== stored);
  if (other) return otherDimension(where, stored, other.length);
  let cosines = cosinesOf(sample, vectors);
  if (Math.min(...cosines) >= sameCosine) return undefined;
  const fitting = [vectors];
  const others: { name: string; vectors: Float32Array[]; cosines: number[] }[] = [];
  for (const { name, fits, embed } of embedding.variants ?? []) {
    const variant = await embedAll(embed);
    const variantCosines = cosinesOf(sample, variant);
    if (!fits) {
      others.push({ name, vectors: variant, cosines: variantCosines });
      continue;
    }
    fitting.push(variant);
    cosines = cosines.map((value, position) => Math.max(value, variantCosines[position]!));
  }
  // A model without prompts makes the same vectors in several variants.
  const rivals = others.filter((other) => !fitting.some((own) => areSame(own, other.vectors)));
  const ascending = cosines.toSorted((one, other) => one - other);
  const [lowest, median] = [ascending[0]!, ascending[Math.floor(ascending.length / 2)]!];
  const rival = rivals.find((other) => isCloser(other.cosines, cosines));
  const isClosest = rivals.length > 1 && rivals.every((other) => isCloser(cosines, other.cosines));
  const agrees = lowest >= lowestCosine && median >= agreeingCosine;
  if (!rival && (agrees || (isClosest && lowest >= doubtfulCosine))) return undefined;
  const disagreeing = ascending.filter((value) => value < agreeingCosine).length;
  const found = rival
    ? `The vectors in ${where} look like those of texts embedded ${rival.name}: of ` +
      `${sample.length} texts that were embedded again, these vectors are closer to the stored ` +
      `ones (mean cosine ${mean(rival.cosines).toFixed(4)}) than those of your embedding ` +
      `(${mean(cosines).toFixed(4)}).`
    : `Another embedding made the vectors in ${where}: of ${sample.length} texts that were ` +
      `embedded again, ${disagreeing} got another vector. The cosine with the stored vector is ` +
      `${median.toFixed(2)} in the median and ${lowest.toFixed(2)} at worst; 1 is equal.`;
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${found} Pass reembed: true to embed the stored texts again, or the option identity if you ` +
      "know what made the vectors. Without an embedding, FaissStore.import of " +
      "@embeddinggemma/faiss takes them over unchecked.",
    { path: where, sampled: sample.length, disagreeing, median, lowest, likely: rival?.name },
  );
}

/**
 * The sample is spread over the whole store. Of each part it has the shortest text, since a prompt
 * changes the vectors of short texts most, and of all the longest, which is the first to be cut.
 */
function sampleOf<R>(
  items: readonly StoredItem<R>[],
  { textOf }: ImportEmbedding<R>,
): StoredItem<R>[] {
  const all = items
    .filter(({ vector }) => isUsable(vector))
    .map((item) => ({ item, length: lengthOf(textOf(item.record)) }));
  const withText = all.filter(({ length }) => length > 0);
  const texts = withText.length > 0 ? withText : all;
  const chosen = new Set<StoredItem<R>>();
  if (texts.length > sampleSize)
    chosen.add(texts.reduce((best, text) => (text.length > best.length ? text : best)).item);
  const parts = Math.min(sampleSize - chosen.size, texts.length);
  for (let part = 0; part < parts; part++) {
    const [start, end] = [part, part + 1].map((edge) => Math.floor((edge * texts.length) / parts));
    const candidates = texts.slice(start, end);
    chosen.add(candidates.reduce((best, text) => (isBetter(text, best) ? text : best)).item);
  }
  return [...chosen];
}

/** The shortest text of at least {@link minLength}; if there is none, the longest. */
function isBetter(text: { length: number }, best: { length: number }): boolean {
  if (best.length < minLength) return text.length > best.length;
  return text.length >= minLength && text.length < best.length;
}

function lengthOf(text: unknown): number {
  return typeof text === "string" ? text.trim().length : 0;
}

/** The store will refuse a vector that has no direction, and say which. */
function isUsable(vector: Float32Array): boolean {
  const length = norm(vector);
  return Number.isFinite(length) && length > 0;
}

function cosinesOf<R>(
  sample: readonly StoredItem<R>[],
  vectors: readonly Float32Array[],
): number[] {
  return sample.map(({ vector }, position) => {
    return innerProduct(vector, vectors[position]!) / norm(vector);
  });
}

/** The error for vectors of another length than the embedding makes. */
export function otherDimension(
  where: string,
  stored: number,
  given: number,
  isEmbedding = true,
): FaissStoreError {
  const expected = isEmbedding
    ? `your embedding makes vectors of ${given}. Use the embedding that made them, or pass ` +
      "reembed: true to embed the stored texts again."
    : `the option dimension is ${given}. Leave the option out.`;
  return new FaissStoreError(
    "DIMENSION_MISMATCH",
    `The vectors in ${where} have ${stored} numbers, but ${expected}`,
    { path: where, expected: stored, given },
  );
}

function areSame(vectors: readonly Float32Array[], others: readonly Float32Array[]): boolean {
  return vectors.every((vector, row) => innerProduct(vector, others[row]!) >= sameCosine);
}

function isCloser(cosines: readonly number[], others: readonly number[]): boolean {
  return 1 - mean(cosines) < closerBy * (1 - mean(others)) - 1e-6;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
