import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { exitCodes } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/** The exit code for an error: some values of flags are wrong only for the chosen model. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  const isOurs = EmbeddingGemmaError.isInstance(error) || FaissStoreError.isInstance(error);
  return isOurs && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
}

const usageCodes: ReadonlySet<string> = new Set([
  "INVALID_ARGUMENT",
  "UNKNOWN_PROMPT",
  "UNTRAINED_DIMENSION",
]);
