import { readFileSync } from "node:fs";
import type { SimilarityFunction } from "@embeddinggemma/core";

type Vectors = Readonly<Record<string, readonly number[]>>;
type Figures = Readonly<Record<string, number>>;

/** What test/reference/make_retrieval_metrics.py wrote. */
export interface GoldenFigures {
  readonly retrieval: readonly {
    readonly similarity: SimilarityFunction;
    readonly dimension: number;
    readonly truncateDim: number | null;
    readonly name: string;
    readonly cuts: Readonly<Record<string, readonly number[]>>;
    readonly queries: Vectors;
    readonly corpus: Vectors;
    readonly relevant: Readonly<Record<string, readonly string[]>>;
    readonly metrics: Figures;
  }[];
  readonly runs: readonly {
    readonly run: Readonly<Record<string, Figures>>;
    readonly qrels: Readonly<Record<string, Figures>>;
    readonly cuts: readonly number[];
    readonly perQuery: Readonly<Record<string, Figures>>;
  }[];
  readonly similarity: readonly {
    readonly name: string;
    readonly similarityFunctions: SimilarityFunction[] | null;
    readonly truncateDim: number | null;
    readonly vectors: Vectors;
    readonly pairs: readonly (readonly [string, string, number])[];
    readonly metrics: Figures;
  }[];
  readonly triplets: readonly {
    readonly name: string;
    readonly similarityFunctions: SimilarityFunction[] | null;
    readonly margin: number | Partial<Record<SimilarityFunction, number>> | null;
    readonly vectors: Vectors;
    readonly triplets: readonly (readonly [string, string, string])[];
    readonly metrics: Figures;
  }[];
}

const file = new URL("../../../../test/golden/retrieval-metrics.json", import.meta.url);

export const golden: GoldenFigures = JSON.parse(readFileSync(file, "utf8"));

/** Largest difference of figures with the same names; infinite if the names differ. */
export function difference(actual: Figures, expected: Figures): number {
  const names = Object.keys(expected);
  if (Object.keys(actual).sort().join() !== [...names].sort().join()) return Infinity;
  return Math.max(...names.map((name) => Math.abs(actual[name]! - expected[name]!)));
}
