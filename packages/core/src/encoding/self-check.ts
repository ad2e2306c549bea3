import type { SelfCheckValues, SelfCheckVector } from "../model/model-family.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { similarity } from "../vectors/similarity.ts";

/** Result of {@link Embedder.selfCheck}. */
export interface SelfCheckReport {
  /** Whether every score and every vector is within its tolerance. */
  readonly passed: boolean;
  /** Largest difference of a score that counts as passed, which depends on the dtype. */
  readonly tolerance: number;
  /** Scores of a query with documents, by dimension. */
  readonly checks: readonly {
    readonly dimension: number;
    readonly expected: readonly number[];
    readonly actual: readonly number[];
  }[];
  /** Largest distance of a vector that counts as passed, which depends on the dtype. */
  readonly vectorTolerance: number;
  /** Vectors of other texts, by their first numbers; empty if the model has no such values. */
  readonly vectors: readonly {
    /** Name of the prompt; null for none. */
    readonly prompt: string | null;
    readonly text: string;
    readonly expected: readonly number[];
    readonly actual: readonly number[];
    /** Euclidean distance of the two unit vectors, estimated from these numbers. */
    readonly distance: number;
  }[];
}

/**
 * The methods of an `Embedder` that are checked. This folder must not import `embedder.ts`, which
 * imports it.
 */
interface SelfCheckedEmbedder {
  encode(text: string, options: SelfCheckEncoding & { prompt: string }): Promise<Float32Array>;
  encodeQuery(query: string, options: SelfCheckEncoding): Promise<Float32Array>;
  encodeDocument(document: string, options: SelfCheckEncoding): Promise<Float32Array>;
  encodeDocument(documents: readonly string[], options: SelfCheckEncoding): Promise<Float32Array[]>;
}

interface SelfCheckEncoding {
  truncateDim: number;
  normalize: true;
  cache: null;
}

/**
 * For fp32, published scores have only four decimals. The values of the other dtypes are several
 * times their usual deviation.
 */
const tolerances: Readonly<Record<Dtype, number>> = {
  fp32: 0.001,
  fp16: 0.005,
  q8: 0.03,
  int8: 0.03,
  uint8: 0.03,
  q4: 0.06,
  q4f16: 0.06,
  bnb4: 0.06,
};

/**
 * Largest distances of unit vectors. Measured on the real weights of embeddinggemma-300m, exported
 * by our own exporter, with Transformers.js 3.8 and 4.3 on a CPU, for the five texts of the table:
 * fp32 up to 0.0001 (the table has five decimals), fp16 up to 0.0023, q8 from 0.08 to 0.16, q4 from
 * 0.13 to 0.26. A wrong prompt is 0.77 or more away, another text 0.49. A GPU rounds more than a
 * CPU. The other dtypes are not measured.
 */
const vectorTolerances: Readonly<Record<Dtype, number>> = {
  fp32: 0.005,
  fp16: 0.01,
  q8: 0.2,
  int8: 0.3,
  uint8: 0.3,
  q4: 0.35,
  q4f16: 0.35,
  bnb4: 0.35,
};

/**
 * Compares the scores and vectors of a model with the known ones. Returns null if there are none.
 *
 * @param dimension - length of a full vector
 */
export async function selfCheck(
  embedder: SelfCheckedEmbedder,
  values: SelfCheckValues | null,
  dtype: Dtype,
  dimension: number,
): Promise<SelfCheckReport | null> {
  if (values === null) return null;
  const tolerance = tolerances[dtype];
  const vectorTolerance = vectorTolerances[dtype];
  const checks: SelfCheckReport["checks"][number][] = [];
  for (const [key, expected] of Object.entries(values.scores)) {
    const dimension = Number(key);
    // Published scores are cosines, whatever the model's similarity function is.
    const options = optionsFor(dimension);
    const query = await embedder.encodeQuery(values.query, options);
    const documents = await embedder.encodeDocument(values.documents, options);
    checks.push({ dimension, expected, actual: similarity(query, documents, "cosine")[0]! });
  }
  const vectors: SelfCheckReport["vectors"][number][] = [];
  for (const { start, ...input } of values.vectors ?? []) {
    const vector = await encode(embedder, input, optionsFor(dimension));
    const actual = Array.from(vector.subarray(0, start.length));
    const distance = estimatedDistance(start, actual, dimension);
    vectors.push({ ...input, expected: start, actual, distance });
  }
  const passed =
    checks.every(({ expected, actual }) =>
      expected.every((score, index) => Math.abs(score - actual[index]!) <= tolerance),
    ) && vectors.every(({ distance }) => distance <= vectorTolerance);
  return { passed, tolerance, checks, vectorTolerance, vectors };
}

/** No cache, since its vectors say nothing about this machine. */
function optionsFor(truncateDim: number): SelfCheckEncoding {
  return { truncateDim, normalize: true, cache: null };
}

function encode(
  embedder: SelfCheckedEmbedder,
  { prompt, text }: Omit<SelfCheckVector, "start">,
  options: SelfCheckEncoding,
): Promise<Float32Array> {
  if (prompt === "query") return embedder.encodeQuery(text, options);
  if (prompt === "document") return embedder.encodeDocument(text, options);
  return embedder.encode(text, { ...options, prompt: "" });
}

/** Distance of two vectors that differ in all numbers as much as in their first. */
function estimatedDistance(
  expected: readonly number[],
  actual: readonly number[],
  dimension: number,
): number {
  const squares = expected.reduce((sum, number, index) => sum + (number - actual[index]!) ** 2, 0);
  return Math.sqrt((squares / expected.length) * dimension);
}
