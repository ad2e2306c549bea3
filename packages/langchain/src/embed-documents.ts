import { FaissStoreError, type Vector } from "@embeddinggemma/faiss";
import { defined, show, untilAborted } from "@embeddinggemma/internal";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { describable } from "./describable.ts";
import type { DocumentRecord } from "./document-record.ts";
import { type EmbeddingGemmaEmbeddings, embedsTitles, titleOf } from "./embeddings.ts";

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

/**
 * Embeds documents, with their titles if the embeddings, or those within `CacheBackedEmbeddings`,
 * embed titles: the identity of both says so.
 */
export async function embedDocuments(
  embeddings: EmbeddingsInterface,
  records: readonly DocumentRecord[],
  { signal, onProgress }: EmbedDocumentsOptions,
): Promise<readonly Vector[]> {
  const known = describable(embeddings);
  const vectors = await untilAborted<readonly Vector[]>(signal, () => {
    if (!embedsTitles(known)) return embeddings.embedDocuments(records.map(textOf));
    return known === embeddings
      ? known.encodeTitledDocuments(records, defined({ signal, onProgress }))
      : embedCached(embeddings, known, records, signal);
  });
  if (!Array.isArray(vectors) || vectors.length !== records.length) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `The embeddings must return one vector for each of ${records.length} documents; ` +
        `${show(vectors)} was returned. Nothing was added.`,
      { expected: records.length },
    );
  }
  if (known !== embeddings || !embedsTitles(known))
    onProgress?.({ done: records.length, total: records.length });
  return vectors;
}

/**
 * Embeds documents with `CacheBackedEmbeddings`. It passes texts alone, and finds them by these, so
 * documents with titles are embedded without it.
 *
 * @param known - the embeddings within it
 */
async function embedCached(
  cached: EmbeddingsInterface,
  known: EmbeddingGemmaEmbeddings,
  records: readonly DocumentRecord[],
  signal: AbortSignal | undefined,
): Promise<readonly Vector[]> {
  const hasTitle = (record: DocumentRecord) => titleOf(record, known.titleKey) !== undefined;
  const titled = records.filter(hasTitle);
  const texts = records.filter((record) => !hasTitle(record)).map(textOf);
  const ofTitled = titled.length > 0 ? await known.encodeTitledDocuments(titled, { signal }) : [];
  const ofTexts = texts.length > 0 ? await cached.embedDocuments(texts) : [];
  const rows = { titled: 0, texts: 0 };
  return records.map((record) =>
    hasTitle(record) ? ofTitled[rows.titled++]! : ofTexts[rows.texts++]!,
  );
}

function textOf({ pageContent }: DocumentRecord): string {
  return pageContent;
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
