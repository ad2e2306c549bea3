import { FaissStoreError } from "../errors.ts";
import type { ImportEmbedding, ImportVariant } from "../interchange-types.ts";
import { innerProduct, norm } from "../rows/vector-math.ts";
import { embedRecords } from "./embed-records.ts";
import { type StoredItem, sampleOf } from "./sample.ts";

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
  const attempt = async ({ embed, ...named }: Way<R>): Promise<Attempt> => {
    const vectors = await embedRecords(embed, sample, signal);
    return { ...named, vectors, cosines: cosinesOf(sample, vectors) };
  };
  const own = await attempt({ name: "by the embedding", embed: embedding.embed });
  const stored = sample[0]!.vector.length;
  const other = own.vectors.find(({ length }) => length !== stored);
  if (other) return otherDimension(where, stored, other.length);
  if (Math.min(...own.cosines) >= sameCosine) return undefined;
  const fitting = [own];
  const others: Attempt[] = [];
  for (const { fits, ...variant } of embedding.variants ?? [])
    (fits ? fitting : others).push(await attempt(variant));
  const cosines = sample.map((_, row) => Math.max(...fitting.map((each) => each.cosines[row]!)));
  // A model without prompts makes the same vectors in several variants.
  const rivals = others.filter(
    ({ vectors }) => !fitting.some((each) => areSame(each.vectors, vectors)),
  );
  const rival = rivals.find((each) => isCloser(each.cosines, cosines));
  if (!rival && agree(cosines, rivals)) return undefined;
  return disagreement(where, cosines, rival);
}

type Way<R> = Omit<ImportVariant<R>, "fits">;

/** The vectors of the sample in one way to embed it. */
interface Attempt extends Omit<Way<never>, "embed"> {
  vectors: Float32Array[];
  /** With the stored vectors. */
  cosines: number[];
}

/** @param rivals - other ways to embed the sample, none of which is closer to the stored vectors */
function agree(cosines: readonly number[], rivals: readonly Attempt[]): boolean {
  const lowest = Math.min(...cosines);
  if (lowest >= lowestCosine && median(cosines) >= agreeingCosine) return true;
  const isClosest = rivals.length > 1 && rivals.every((each) => isCloser(cosines, each.cosines));
  return isClosest && lowest >= doubtfulCosine;
}

function disagreement(
  where: string,
  cosines: readonly number[],
  rival: Attempt | undefined,
): FaissStoreError {
  const sampled = cosines.length;
  const disagreeing = cosines.filter((value) => value < agreeingCosine).length;
  const [lowest, middle] = [Math.min(...cosines), median(cosines)];
  const found = rival
    ? `The vectors in ${where} look like those of texts embedded ${rival.name}: of ` +
      `${sampled} texts that were embedded again, these vectors are closer to the stored ` +
      `ones (mean cosine ${mean(rival.cosines).toFixed(4)}) than those of your embedding ` +
      `(${mean(cosines).toFixed(4)}).${rival.advice ? ` ${rival.advice}` : ""}`
    : `Another embedding made the vectors in ${where}: of ${sampled} texts that were ` +
      `embedded again, ${disagreeing} got another vector. The cosine with the stored vector is ` +
      `${middle.toFixed(2)} in the median and ${lowest.toFixed(2)} at worst; 1 is equal.`;
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    `${found} Pass reembed: true to embed the stored texts again, or the option identity if you ` +
      "know what made the vectors. Without an embedding, FaissStore.import of " +
      "@embeddinggemma/faiss takes them over unchecked.",
    { path: where, sampled, disagreeing, median: middle, lowest, likely: rival?.name },
  );
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

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
