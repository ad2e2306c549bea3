import type { SystemComparison } from "@embeddinggemma/tune";

/** `ndcg@10 +0.0300 (95% interval +0.0100 to +0.0500, p = 0.012)` */
export function describeDifference({
  metric,
  difference,
  interval: [low, high],
  confidence,
  pValue,
}: SystemComparison): string {
  const interval = `${Math.round(confidence * 100)}% interval ${signed(low)} to ${signed(high)}`;
  const digits = pValue.toFixed(3);
  const p = Number(digits) === 0 ? "p < 0.001" : `p = ${digits}`;
  return `${metric} ${signed(difference)} (${interval}, ${p})`;
}

/** Why a difference may be chance; undefined if that is unlikely. */
export function whyChance({
  interval: [low, high],
  confidence,
  pValue,
}: SystemComparison): string | undefined {
  if (low <= 0 && high >= 0) return "The interval contains 0";
  const most = Number((1 - confidence).toFixed(6));
  return pValue > most ? `p is above ${most}` : undefined;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(4)}`;
}
