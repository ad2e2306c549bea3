import type { Embedder, SimilarityFunction } from "@embeddinggemma/core";
import { type Rule, type Rules, rules } from "../check.ts";
import {
  type EncodingOptions,
  type EvaluationProgress,
  encodingRules,
} from "./retrieval-options.ts";

/** Options that `evaluateSimilarity` and `evaluateTriplets` share. */
export interface ComparisonOptions extends EncodingOptions {
  /** How vectors are compared. @default that of the model */
  similarityFunctions?: readonly SimilarityFunction[] | undefined;
  /** Cut vectors to their first dimensions. @default the dimension of the embedder */
  truncateDim?: number | undefined;
  /** Put before the name of each metric: `name_spearman_cosine`. @default "", nothing */
  name?: string | undefined;
  /** Called while texts are embedded. */
  onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

const functions: readonly unknown[] = ["cosine", "dot", "euclidean", "manhattan"];

const similarityFunctions: Rule = {
  expected: `an array of at least one of ${functions.join(", ")}`,
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    Array.from(value).every((name) => functions.includes(name)),
};

export const comparisonRules: Rules<ComparisonOptions> = {
  ...encodingRules,
  similarityFunctions,
  truncateDim: rules.anything,
  name: rules.text,
  onProgress: rules.callback,
};

export const embedderRule: Rule = {
  expected: "an Embedder",
  accepts: (value) => {
    const methods = ["encode", "encodeQuery", "encodeDocument"] as const;
    const given = Object(value) as Partial<Embedder>;
    return methods.every((method) => typeof given[method] === "function");
  },
  required: true,
};

/** Puts the name of the data before each metric. */
export function withName(
  metrics: Readonly<Record<string, number>>,
  name: string | undefined,
): Record<string, number> {
  const prefix = name ? `${name}_` : "";
  return Object.fromEntries(
    Object.entries(metrics).map(([metric, value]) => [`${prefix}${metric}`, value]),
  );
}
