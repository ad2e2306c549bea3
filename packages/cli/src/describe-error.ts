import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { CommandError } from "./command-error.ts";

/** An error of this project says what to do. Of any other one, the stack is useful, too. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOurs =
    error instanceof CommandError ||
    EmbeddingGemmaError.isInstance(error) ||
    FaissStoreError.isInstance(error);
  return isOurs ? error.message : (error.stack ?? error.message);
}
