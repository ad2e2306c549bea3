import { FaissStoreError, type Vector } from "@embeddinggemma/faiss";
import { defined, show, untilAborted } from "@embeddinggemma/internal";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import type { DocumentRecord } from "./document-record.ts";
import { embedsTitles } from "./embeddings.ts";

/** Options of calls that embed documents. */
export interface EmbedDocumentsOptions {
  /** Ends the call, which then rejects with the signal's reason. Nothing has been added then. */
  signal?: AbortSignal | undefined;
  /**
   * Called after each batch; with embeddings other than {@link EmbeddingGemmaEmbeddings}, once at
   * the end.
   */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

/** Embeds documents, with their titles if the embeddings embed titles. */
export async function embedDocuments(
  embeddings: EmbeddingsInterface,
  records: readonly DocumentRecord[],
  { signal, onProgress }: EmbedDocumentsOptions,
): Promise<readonly Vector[]> {
  const vectors = await untilAborted<readonly Vector[]>(signal, () =>
    embedsTitles(embeddings)
      ? embeddings.encodeTitledDocuments(records, defined({ signal, onProgress }))
      : embeddings.embedDocuments(records.map(({ pageContent }) => pageContent)),
  );
  if (!Array.isArray(vectors) || vectors.length !== records.length) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `The embeddings must return one vector for each of ${records.length} documents; ` +
        `${show(vectors)} was returned. Nothing was added.`,
      { expected: records.length },
    );
  }
  if (!embedsTitles(embeddings)) onProgress?.({ done: records.length, total: records.length });
  return vectors;
}

/** Embeds a query. Other embeddings than those of this package ignore the signal. */
export function embedQuery(
  embeddings: EmbeddingsInterface,
  query: string,
  signal: AbortSignal | undefined,
): Promise<Vector> {
  return embedsTitles(embeddings)
    ? embeddings.embedQuery(query, defined({ signal }))
    : embeddings.embedQuery(query);
}
