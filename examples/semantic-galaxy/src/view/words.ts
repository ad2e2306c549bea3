import type { ModelChoice } from "../galaxy.ts";

export const modelNames: Record<ModelChoice, string> = {
  tiny: "tiny model",
  embeddinggemma: "EmbeddingGemma 300m",
};

/** Whole numbers, with commas between thousands. */
export function format(number: number): string {
  return Math.round(number).toLocaleString("en");
}

/** A cosine with two digits and a proper minus. */
export function formatCosine(cosine: number): string {
  return cosine.toFixed(2).replace("-", "−");
}
