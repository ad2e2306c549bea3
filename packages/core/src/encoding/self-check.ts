import type { SelfCheckValues } from "../model/families.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { similarity } from "../vectors/similarity.ts";

/** What {@link Embedder.selfCheck} found. */
export interface SelfCheckReport {
  /** Whether every score is within the tolerance. */
  readonly passed: boolean;
  /** Largest difference that the dtype explains. */
  readonly tolerance: number;
  readonly checks: readonly {
    readonly dimension: number;
    readonly expected: readonly number[];
    readonly actual: readonly number[];
  }[];
}

/**
 * What of an embedder is checked; structural, so that the imports of this folder point downwards.
 */
interface SelfCheckedEmbedder {
  encodeQuery(query: string, options: SelfCheckEncoding): Promise<Float32Array>;
  encodeDocument(documents: readonly string[], options: SelfCheckEncoding): Promise<Float32Array[]>;
}

interface SelfCheckEncoding {
  truncateDim: number;
  normalize: true;
  cache: null;
}

/**
 * Published scores have four decimals; what a quantised dtype adds is an allowance, several times
 * what is usual.
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

/** Compares the scores of a model with its published ones; null where it has none. */
export async function selfCheck(
  embedder: SelfCheckedEmbedder,
  values: SelfCheckValues | null,
  dtype: Dtype,
): Promise<SelfCheckReport | null> {
  if (values === null) return null;
  const tolerance = tolerances[dtype];
  const checks: SelfCheckReport["checks"][number][] = [];
  for (const [key, expected] of Object.entries(values.scores)) {
    const dimension = Number(key);
    // What a cache has says nothing of this machine; and the published scores are cosines, whatever
    // the model's own function.
    const options: SelfCheckEncoding = { truncateDim: dimension, normalize: true, cache: null };
    const query = await embedder.encodeQuery(values.query, options);
    const documents = await embedder.encodeDocument(values.documents, options);
    checks.push({ dimension, expected, actual: similarity(query, documents, "cosine")[0]! });
  }
  const passed = checks.every(({ expected, actual }) =>
    expected.every((score, index) => Math.abs(score - actual[index]!) <= tolerance),
  );
  return { passed, tolerance, checks };
}
