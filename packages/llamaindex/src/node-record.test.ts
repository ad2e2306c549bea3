import type { MetadataFilter } from "@llamaindex/core/vector-store";
import { expect, it } from "vitest";
import { type NodeRecord, nodeFilter } from "./node-record.ts";

const passes = (metadata: object, filter: MetadataFilter) => {
  const record = { refDocId: "book", node: { metadata } } as NodeRecord;
  return nodeFilter({ filters: { filters: [filter] } })!(record, "page");
};

it.each(["doc_id", "document_id", "ref_doc_id"])("%s is the id of the source document", (key) => {
  expect(passes({}, { key, operator: "==", value: "book" })).toBe(true);
  expect(passes({}, { key, operator: "==", value: "page" })).toBe(false);
});

it("metadata come before the id of the source document, even if their value is undefined", () => {
  const own = { doc_id: "other", ref_doc_id: undefined };
  expect(passes(own, { key: "doc_id", operator: "==", value: "other" })).toBe(true);
  expect(passes(own, { key: "doc_id", operator: "==", value: "book" })).toBe(false);
  expect(passes(own, { key: "ref_doc_id", operator: "is_empty" })).toBe(true);
});

it("inherited properties are not metadata", () => {
  for (const key of ["toString", "constructor", "__proto__"])
    expect(passes({}, { key, operator: "is_empty" })).toBe(true);
});

it("a key with dots leads into nested metadata, unless the metadata have exactly this key", () => {
  const nested = { author: { name: "Ada" } };
  const filter: MetadataFilter = { key: "author.name", operator: "==", value: "Ada" };
  expect(passes(nested, filter)).toBe(true);
  expect(passes({ ...nested, "author.name": "Bo" }, filter)).toBe(false);
  expect(passes({ author: "Ada" }, { ...filter, operator: "!=" })).toBe(false);
});
