import type { SelfCheckValues } from "../model/model-family.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { similarity } from "../vectors/similarity.ts";

/** Result of {@link Embedder.selfCheck}. */
export interface SelfCheckReport {
  /** Whether every score is within the tolerance. */
  readonly passed: boolean;
  /** Largest difference that counts as passed, which depends on the dtype. */
  readonly tolerance: number;
  readonly checks: readonly {
    readonly dimension: number;
    readonly expected: readonly number[];
    readonly actual: readonly number[];
  }[];
}

/**
 * The methods of an `Embedder` that are checked. This folder must not import `embedder.ts`, which
 * imports it.
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

/** Compares the scores of a model with the published ones. Returns null if there are none. */
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
    // No cache, since its vectors say nothing about this machine. Published scores are cosines,
    // whatever the model's similarity function is.
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
