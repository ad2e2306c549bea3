import {
  describeEmbedding,
  type ImportEmbedding,
  type ImportVariant,
  promptVariants,
} from "@embeddinggemma/faiss";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { describable } from "./describable.ts";
import type { DocumentRecord } from "./document-record.ts";
import { embedDocuments } from "./embed-documents.ts";
import { type EmbeddingGemmaEmbeddings, embedsTitles } from "./embeddings.ts";

/**
 * Describes embeddings for an import, which compares their vectors with the imported ones. Other
 * libraries know no titles, and often embed documents without a prompt, or as queries.
 */
export async function importEmbedding(
  embeddings: EmbeddingsInterface,
): Promise<ImportEmbedding<DocumentRecord>> {
  const known = describable(embeddings);
  return {
    ...(await describeEmbedding(known)),
    textOf,
    embed: (records, { signal }) => embedDocuments(embeddings, records, { signal }),
    variants: embedsTitles(known) ? variantsOf(known) : [],
  };
}

function variantsOf(embeddings: EmbeddingGemmaEmbeddings): ImportVariant<DocumentRecord>[] {
  return [
    {
      name: "without titles",
      fits: false,
      advice: 'To keep them, and embed no titles, set titleKey: "" in your embeddings.',
      embed: (records, options) => embeddings.embedDocuments(records.map(textOf), options),
    },
    ...promptVariants(textOf, {
      embedQuery: (text) => embeddings.embedQuery(text),
      embedDocuments: (texts, options) => embeddings.embedDocuments(texts, options),
    }),
  ];
}

function textOf({ pageContent }: DocumentRecord): string {
  return pageContent;
}
