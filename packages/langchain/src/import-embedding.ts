import { describeEmbedding, type ImportEmbedding } from "@embeddinggemma/faiss";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { describable } from "./describable.ts";
import { type DocumentRecord, documentOf } from "./document-record.ts";
import { embedsTitles } from "./embeddings.ts";

/**
 * Describes embeddings for an import, which compares their vectors with the imported ones. Other
 * libraries know no titles, and often embed documents without a prompt, or as queries.
 */
export async function importEmbedding(
  embeddings: EmbeddingsInterface,
): Promise<ImportEmbedding<DocumentRecord>> {
  const common = {
    ...(await describeEmbedding(describable(embeddings))),
    textOf: ({ pageContent }: DocumentRecord) => pageContent,
  };
  if (!embedsTitles(embeddings))
    return { ...common, embed: (records) => embeddings.embedDocuments(records.map(common.textOf)) };
  return {
    ...common,
    embed: (records, { signal }) =>
      embeddings.encodeTitledDocuments(records.map(toDocument), { signal }),
    variants: [
      {
        name: "without titles",
        fits: true,
        embed: (records, { signal }) =>
          embeddings.encodeTitledDocuments(records.map(untitled), { signal }),
      },
      {
        name: "without a prompt",
        fits: false,
        embed: (records, { signal }) =>
          embeddings.encodeTitledDocuments(records.map(untitled), { signal, prompt: "" }),
      },
      {
        name: "as queries",
        fits: false,
        embed: (records) =>
          Promise.all(records.map((record) => embeddings.embedQuery(common.textOf(record)))),
      },
    ],
  };
}

function toDocument(record: DocumentRecord) {
  return documentOf({ id: "", record });
}

function untitled({ pageContent }: DocumentRecord) {
  return toDocument({ pageContent, metadata: {} });
}
