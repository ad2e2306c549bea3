import { isRecord } from "@embeddinggemma/internal";
import { NodeRelationship, ObjectType } from "@llamaindex/core/schema";

type Json = Record<string, unknown>;

/** LlamaIndex (Python) numbers them. */
const relationships: Record<string, NodeRelationship> = {
  1: NodeRelationship.SOURCE,
  2: NodeRelationship.PREVIOUS,
  3: NodeRelationship.NEXT,
  4: NodeRelationship.PARENT,
  5: NodeRelationship.CHILD,
};

const types: Record<string, ObjectType> = {
  TextNode: ObjectType.TEXT,
  Node: ObjectType.TEXT,
  IndexNode: ObjectType.INDEX,
  ImageNode: ObjectType.IMAGE,
  Document: ObjectType.DOCUMENT,
  ImageDocument: ObjectType.IMAGE_DOCUMENT,
};

/**
 * The JSON of a node as LlamaIndex (Python) stores it, in LlamaIndex.TS's form.
 *
 * @returns undefined if the value is no such JSON
 * @see
 * https://github.com/run-llama/llama_index/blob/main/llama-index-core/llama_index/core/schema.py
 */
export function nodeFromPython(value: unknown): Json | undefined {
  if (!isRecord(value) || typeof value.id_ !== "string" || !isRecord(value.metadata)) return;
  const text = value.text ?? (isRecord(value.text_resource) ? value.text_resource.text : undefined);
  if (typeof text !== "string") return undefined;
  return {
    id_: value.id_,
    type: types[String(value.class_name)] ?? ObjectType.TEXT,
    text,
    metadata: value.metadata,
    relationships: relationshipsFrom(value.relationships),
    ...defined({
      excludedEmbedMetadataKeys: value.excluded_embed_metadata_keys,
      excludedLlmMetadataKeys: value.excluded_llm_metadata_keys,
      startCharIdx: value.start_char_idx,
      endCharIdx: value.end_char_idx,
      // Releases before 0.12 spell it with an e.
      metadataSeparator: value.metadata_separator ?? value.metadata_seperator,
      indexId: value.index_id,
      image: value.image ?? value.image_url ?? value.image_path,
    }),
  };
}

function relationshipsFrom(value: unknown): Json {
  const result: Json = {};
  for (const [key, related] of Object.entries(isRecord(value) ? value : {})) {
    const name = relationships[key];
    if (name !== undefined)
      result[name] = Array.isArray(related) ? related.map(relatedNode) : relatedNode(related);
  }
  return result;
}

function relatedNode(value: unknown): Json {
  const { node_id, node_type, metadata, hash } = isRecord(value) ? value : {};
  const nodeType = typeNames[String(node_type)];
  return { nodeId: node_id, metadata: metadata ?? {}, ...defined({ nodeType, hash }) };
}

const typeNames: Record<string, ObjectType> = {
  1: ObjectType.TEXT,
  2: ObjectType.IMAGE,
  3: ObjectType.INDEX,
  4: ObjectType.DOCUMENT,
};

/** Without what is null or undefined. */
function defined(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null));
}
