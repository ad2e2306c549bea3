import { IndexNode, jsonToNode, NodeRelationship, ObjectType } from "@llamaindex/core/schema";
import { expect, it } from "vitest";
import { nodeFromPython } from "./python-node.ts";

/** As LlamaIndex 0.12 (Python) stores it. */
const chunk = {
  id_: "chunk",
  embedding: null,
  metadata: { page: 3, title: "Mars" },
  excluded_embed_metadata_keys: ["page"],
  excluded_llm_metadata_keys: ["title"],
  relationships: {
    "1": {
      node_id: "mars.txt",
      node_type: "4",
      metadata: { title: "Mars" },
      hash: "3bd4",
      class_name: "RelatedNodeInfo",
    },
    "3": {
      node_id: "next",
      node_type: "1",
      metadata: {},
      hash: "c2",
      class_name: "RelatedNodeInfo",
    },
    "5": [{ node_id: "part", node_type: "1", metadata: {}, hash: null }],
  },
  metadata_template: "{key}: {value}",
  metadata_separator: " | ",
  text: "Mars is red.",
  mimetype: "text/plain",
  start_char_idx: 5,
  end_char_idx: 17,
  text_template: "{metadata_str}\n\n{content}",
  class_name: "TextNode",
};

it("reads a node with its source, metadata and excluded keys", () => {
  const node = jsonToNode(nodeFromPython(chunk));
  expect(node.toJSON()).toMatchObject({
    id_: "chunk",
    type: ObjectType.TEXT,
    text: "Mars is red.",
    metadata: { page: 3, title: "Mars" },
    excludedEmbedMetadataKeys: ["page"],
    excludedLlmMetadataKeys: ["title"],
    metadataSeparator: " | ",
    startCharIdx: 5,
    endCharIdx: 17,
    relationships: {
      [NodeRelationship.SOURCE]: {
        nodeId: "mars.txt",
        nodeType: ObjectType.DOCUMENT,
        metadata: { title: "Mars" },
        hash: "3bd4",
      },
      [NodeRelationship.NEXT]: { nodeId: "next", nodeType: ObjectType.TEXT },
      [NodeRelationship.CHILD]: [{ nodeId: "part", nodeType: ObjectType.TEXT, metadata: {} }],
    },
  });
});

it.each([
  ["IndexNode", ObjectType.INDEX],
  ["Document", ObjectType.DOCUMENT],
  ["ImageNode", ObjectType.IMAGE],
  ["Node", ObjectType.TEXT],
  ["MyOwnNode", ObjectType.TEXT],
])("reads a %s", (class_name, type) => {
  const { text, ...others } = chunk;
  const json = nodeFromPython({
    ...others,
    class_name,
    text_resource: { text },
    index_id: "other",
    image_path: "mars.png",
  });
  const node = jsonToNode(json);
  expect(node.type).toBe(type);
  expect(node.toJSON().text).toBe("Mars is red.");
  if (node instanceof IndexNode) expect(node.indexId).toBe("other");
});

it.each([
  [null],
  [{ text: "Mars is red." }],
  [{ pageContent: "Mars is red.", metadata: {} }],
  [{ id_: "a", metadata: {}, text: null }],
  ["Mars is red."],
])("does not take %j for a node", (value) => {
  expect(nodeFromPython(value)).toBeUndefined();
});
