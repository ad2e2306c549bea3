import {
  FaissStore as CoreStore,
  describeEmbedding,
  type ImportOptions,
  type ImportVariant,
} from "@embeddinggemma/faiss";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import type { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { checkedRecord, type NodeRecord, nodeOf } from "./node-record.ts";

/** Options of an import of LlamaIndex (Python), see `ImportOptions` of `@embeddinggemma/faiss`. */
export type PythonImportOptions = Omit<
  ImportOptions<NodeRecord>,
  "format" | "ids" | "indexName" | "toRecord" | "embedding"
>;

/** Imports a FAISS store of LlamaIndex (Python), and checks that an embedding made its vectors. */
export async function importFromPython(
  directory: string | URL,
  embedModel: BaseEmbedding,
  options: PythonImportOptions,
): Promise<CoreStore<NodeRecord>> {
  const textOf = (record: NodeRecord) => contentOf(nodeOf(record));
  return CoreStore.import<NodeRecord>(directory, {
    ...options,
    format: "llamaindex-python",
    toRecord: checkedRecord,
    embedding: {
      ...(await describeEmbedding(embedModel)),
      textOf,
      embed: async (records) => {
        const nodes: BaseNode[] = await embedModel(records.map(nodeOf));
        return nodes.map((node) => node.getEmbedding());
      },
      variants: [
        {
          name: "with the title and the metadata in the order of LlamaIndex (Python)",
          fits: true,
          embed: (records) => embedModel.getTextEmbeddings(records.map(pythonContentOf)),
        },
        {
          name: "as queries",
          fits: false,
          embed: (records) => Promise.all(records.map((record) => asQuery(textOf(record)))),
        },
        ...promptVariantsOf(embedModel),
      ],
    },
  });

  async function asQuery(text: string): Promise<number[]> {
    return (await embedModel.getQueryEmbedding({ type: "text", text })) ?? [];
  }
}

/** LlamaIndex (Python) often embeds documents without a prompt. */
function promptVariantsOf(embedModel: BaseEmbedding): ImportVariant<NodeRecord>[] {
  // Not `instanceof`: two copies of this package may be installed.
  if (!("encodeTexts" in embedModel)) return [];
  const own = embedModel as EmbeddingGemmaEmbedding;
  return [
    {
      name: "without a prompt",
      fits: false,
      embed: (records, { signal }) =>
        own.encodeTexts(records.map(pythonContentOf), { signal, prompt: "" }),
    },
    {
      name: "with the model's prompt for documents",
      fits: false,
      embed: (records, { signal }) =>
        own.encodeTexts(records.map(pythonContentOf), { signal, promptName: "document" }),
    },
  ];
}

function contentOf(node: BaseNode): string {
  return node.getContent(MetadataMode.EMBED);
}

/** What LlamaIndex (Python) embeds. LlamaIndex.TS sorts the metadata. */
function pythonContentOf({ node }: NodeRecord): string {
  const { metadata, text, excludedEmbedMetadataKeys: hidden, metadataSeparator } = node;
  const lines = Object.entries(metadata)
    .filter(([key]) => !(Array.isArray(hidden) && hidden.includes(key)))
    .map(([key, value]) => `${key}: ${value}`);
  return `${lines.join(String(metadataSeparator ?? "\n"))}\n\n${text}`.trim();
}
