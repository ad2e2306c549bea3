import { describeEmbedding, type ImportEmbedding, type ImportVariant } from "@embeddinggemma/faiss";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { describable } from "./describable.ts";
import { type DocumentRecord, documentOf } from "./document-record.ts";
import { type EmbeddingGemmaEmbeddings, embedsTitles } from "./embeddings.ts";

/**
 * Describes embeddings for an import, which compares their vectors with the imported ones. Other
 * libraries know no titles, and often embed documents without a prompt, or as queries.
 */
export async function importEmbedding(
  embeddings: EmbeddingsInterface,
): Promise<ImportEmbedding<DocumentRecord>> {
  const known = describable(embeddings);
  const textOf = ({ pageContent }: DocumentRecord) => pageContent;
  return {
    ...(await describeEmbedding(known)),
    textOf,
    embed: (records, { signal }) =>
      embedsTitles(embeddings)
        ? embeddings.encodeTitledDocuments(records.map(toDocument), { signal })
        : embeddings.embedDocuments(records.map(textOf)),
    variants: embedsTitles(known) ? variantsOf(known) : [],
  };
}

function variantsOf(embeddings: EmbeddingGemmaEmbeddings): ImportVariant<DocumentRecord>[] {
  return [
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
      name: "with the model's prompt for documents",
      fits: false,
      embed: (records, { signal }) =>
        embeddings.encodeTitledDocuments(records.map(untitled), { signal, promptName: "document" }),
    },
    {
      name: "as queries",
      fits: false,
      embed: (records) =>
        Promise.all(records.map(({ pageContent }) => embeddings.embedQuery(pageContent))),
    },
  ];
}

function toDocument(record: DocumentRecord) {
  return documentOf({ id: "", record });
}

function untitled({ pageContent }: DocumentRecord) {
  return toDocument({ pageContent, metadata: {} });
}
