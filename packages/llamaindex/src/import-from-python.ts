import {
  FaissStore as CoreStore,
  checkImportOptions,
  describeEmbedding,
  type ImportOptions,
  type ImportVariant,
  type JsonValue,
  promptVariants,
} from "@embeddinggemma/faiss";
import { createWith, type Rule } from "@embeddinggemma/internal";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import { storeChecker } from "./check-options.ts";
import type { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { explainOption } from "./embedding-option.ts";
import { checkedRecord, type NodeRecord, nodeOf, recordOf } from "./node-record.ts";

/** Options that the import sets itself, or that are for other formats. */
const withheld = ["format", "ids", "indexName", "embedding"] as const;

/** Options of an import of LlamaIndex (Python), see `ImportOptions` of `@embeddinggemma/faiss`. */
export interface PythonImportOptions
  extends Omit<ImportOptions<NodeRecord>, (typeof withheld)[number] | "toRecord"> {
  /**
   * Makes the node to store from the JSON of a node of LlamaIndex (Python), which is a copy.
   * Returns such JSON, or a node of LlamaIndex.TS, which gets the id.
   *
   * @default the JSON
   */
  toRecord?: ((json: { [field: string]: JsonValue }, id: string) => object) | undefined;
}

/**
 * Checks the options of an import before the embedding model is asked.
 *
 * @param ownRules - the rules of options that are not passed on
 * @returns the options without those
 * @throws FaissStoreError `INVALID_ARGUMENT`
 */
export function checkedImportOptions(
  params: PythonImportOptions,
  ownRules: Readonly<Record<string, Rule>>,
): PythonImportOptions {
  const check = (options: PythonImportOptions) => {
    checkImportOptions(options as ImportOptions<unknown>);
    return options;
  };
  const hint = "FaissStore.import of @embeddinggemma/faiss takes it.";
  try {
    return createWith(storeChecker, ownRules, params, check, { names: withheld, hint });
  } catch (error) {
    throw explainOption(error, params);
  }
}

/** Imports a FAISS store of LlamaIndex (Python), and checks that an embedding made its vectors. */
export async function importFromPython(
  directory: string | URL,
  embedModel: BaseEmbedding,
  { toRecord = (json) => json, ...options }: PythonImportOptions,
): Promise<CoreStore<NodeRecord>> {
  return CoreStore.import<NodeRecord>(directory, {
    ...options,
    format: "llamaindex-python",
    toRecord: recordMaker(toRecord),
    embedding: {
      ...(await describeEmbedding(embedModel)),
      textOf: (record) => nodeOf(record).getContent(MetadataMode.EMBED),
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
        ...promptVariantsOf(embedModel),
      ],
    },
  });
}

function recordMaker(
  toRecord: NonNullable<PythonImportOptions["toRecord"]>,
): ImportOptions<NodeRecord>["toRecord"] {
  return (json, id) => recordWithId(toRecord(json as { [field: string]: JsonValue }, id), id);
}

/** @throws FaissStoreError `INVALID_RECORD` if the value is no node */
function recordWithId(value: object, id: string): NodeRecord {
  // Not `instanceof`: two copies of LlamaIndex may be installed.
  const isNode = typeof (value as Partial<BaseNode> | null)?.toJSON === "function";
  if (!isNode) return checkedRecord(value, id);
  const node = value as BaseNode;
  const record = recordOf(node);
  if (node.id_ === id) return record;
  return { refDocId: node.sourceNode?.nodeId ?? id, node: { ...record.node, id_: id } };
}

function promptVariantsOf(embedModel: BaseEmbedding): ImportVariant<NodeRecord>[] {
  // Not `instanceof`: two copies of this package may be installed.
  const own = "encodeTexts" in embedModel ? (embedModel as EmbeddingGemmaEmbedding) : undefined;
  return promptVariants(pythonContentOf, {
    embedQuery: async (text) => (await embedModel.getQueryEmbedding({ type: "text", text })) ?? [],
    embedDocuments: own && ((texts, options) => own.encodeTexts(texts, options)),
  });
}

/** What LlamaIndex (Python) embeds. LlamaIndex.TS sorts the metadata. */
function pythonContentOf({ node }: NodeRecord): string {
  const { metadata, text, excludedEmbedMetadataKeys: hidden, metadataSeparator } = node;
  const lines = Object.entries(metadata)
    .filter(([key]) => !(Array.isArray(hidden) && hidden.includes(key)))
    .map(([key, value]) => `${key}: ${value}`);
  return `${lines.join(String(metadataSeparator ?? "\n"))}\n\n${text}`.trim();
}
