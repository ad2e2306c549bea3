import { isError, reasonOf } from "@embeddinggemma/internal";

/** Calls a function of the application. Its failure is a warning: the request did not fail. */
export async function tell(name: string, call: () => unknown): Promise<void> {
  try {
    await call();
  } catch (error) {
    process.emitWarning(`\`${name}\` failed after a request: ${reasonOf(error)}`, {
      type: "EmbeddingGemmaWarning",
      code: "EMBEDDINGGEMMA_REPORT_FAILED",
      ...(isError(error) && error.stack !== undefined && { detail: error.stack }),
    });
  }
}
