import { describeEmbedding, FaissStoreError } from "@embeddinggemma/faiss";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { describable } from "./describable.ts";
import { embedsTitles } from "./embeddings.ts";

/**
 * Checks the option `dimension` of a new store, before anything is embedded. It does not shorten
 * vectors, as some expect.
 *
 * @throws `DIMENSION_MISMATCH` if the embeddings say that they make vectors of another length
 */
export async function checkDimension(
  embeddings: EmbeddingsInterface,
  dimension: number | undefined,
): Promise<void> {
  if (dimension === undefined) return;
  const { dimension: made = dimension } = await describeEmbedding(describable(embeddings));
  if (made === dimension) return;
  const advice =
    dimension < made && embedsTitles(embeddings)
      ? `For shorter vectors: new EmbeddingGemmaEmbeddings({ truncateDim: ${dimension} }).`
      : "Leave the option out.";
  throw new FaissStoreError(
    "DIMENSION_MISMATCH",
    `The option dimension says ${dimension}, but your embeddings make ${made}. ${advice}`,
    { expected: dimension, given: made },
  );
}
