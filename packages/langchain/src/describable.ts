import type { EmbeddingsInterface } from "@langchain/core/embeddings";

/**
 * The embeddings that know what makes the vectors: those within LangChain's
 * `CacheBackedEmbeddings`, or else the given ones.
 */
export function describable(embeddings: EmbeddingsInterface): EmbeddingsInterface {
  if (!isCacheBacked(embeddings)) return embeddings;
  return describable(embeddings.underlyingEmbeddings);
}

/** Not `instanceof`: the class is in `@langchain/classic`, which need not be installed. */
function isCacheBacked(
  embeddings: EmbeddingsInterface,
): embeddings is EmbeddingsInterface & { underlyingEmbeddings: EmbeddingsInterface } {
  return (
    !("identity" in embeddings) &&
    "documentEmbeddingStore" in embeddings &&
    "underlyingEmbeddings" in embeddings &&
    typeof embeddings.underlyingEmbeddings === "object" &&
    embeddings.underlyingEmbeddings !== null
  );
}
