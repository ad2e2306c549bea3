import { EmbeddingGemmaError } from "@embeddinggemma/core";

/**
 * Refuses the path of a file for the folder of documents, which would fail only when it is saved.
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`
 */
export async function refuseFile(path: string): Promise<void> {
  // Not imported by applications that have no store.
  const { isFile } = await import("@embeddinggemma/internal/node");
  if (!(await isFile(path))) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `The store of documents must be a folder, or a path where none is yet; ${path} is a file.`,
    { path },
  );
}
