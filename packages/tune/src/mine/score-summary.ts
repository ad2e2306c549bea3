/** Figures about many scores. All but `count` are NaN if there are none. */
export interface ScoreSummary {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of a sample (n - 1). NaN for one score. */
  readonly std: number;
  readonly min: number;
  readonly quantile25: number;
  readonly median: number;
  readonly quantile75: number;
  readonly max: number;
}

/** Quantiles are interpolated linearly, as in PyTorch. */
export function summarize(scores: readonly number[]): ScoreSummary {
  const sorted = Float64Array.from(scores).sort();
  const count = sorted.length;
  const mean = sorted.reduce((sum, score) => sum + score, 0) / count;
  const squares = sorted.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const quantile = (fraction: number): number => {
    const place = fraction * (count - 1);
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? Number.NaN;
    return below + (above - below) * (place - Math.floor(place));
  };
  return {
    count,
    mean,
    std: Math.sqrt(squares / (count - 1)),
    min: quantile(0),
    quantile25: quantile(0.25),
    median: quantile(0.5),
    quantile75: quantile(0.75),
    max: quantile(1),
  };
}
