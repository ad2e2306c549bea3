import type { Context } from "hono";
import type { InputStatistics } from "./embed-inputs.ts";
import { noteStatistics } from "./reports/request-report.ts";

/**
 * Sets TEI's headers about what a request took, and notes it for its report. Times are whole
 * milliseconds.
 */
export function setComputeHeaders(
  context: Context,
  statistics: InputStatistics,
  startedAt: number,
): void {
  noteStatistics(context, statistics);
  const { tokens, characters, ...times } = statistics;
  const total = performance.now() - startedAt;
  const headers = {
    "x-compute-type": "cpu+optimized",
    "x-compute-time": total,
    "x-compute-characters": characters,
    "x-compute-tokens": tokens,
    "x-total-time": total,
    "x-tokenization-time": times.tokenizationTime,
    "x-queue-time": times.queueTime,
    "x-inference-time": times.inferenceTime,
  };
  for (const [name, value] of Object.entries(headers))
    context.header(name, typeof value === "number" ? String(Math.round(value)) : value);
}
