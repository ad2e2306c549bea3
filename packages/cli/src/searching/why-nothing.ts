import { quoted } from "@embeddinggemma/internal/node";
import type { DocumentStore } from "../store/check-embedder.ts";

/** How many chunks are looked at. */
const sampleSize = 1_000;

/** What a filter could have matched, for a search that has found nothing. */
export function whyFilterMatchesNothing(store: DocumentStore): string {
  if (store.size === 0) return "The store is empty.";
  const examples = new Map<string, string | number>();
  let seen = 0;
  for (const id of store.ids()) {
    if (seen++ >= sampleSize) break;
    for (const [key, value] of Object.entries(store.get(id)?.record.metadata ?? {}))
      if (isShown(value) && !examples.has(key)) examples.set(key, value);
  }
  const [first] = examples;
  if (!first) return "No chunk matches the filter. The chunks have no metadata.";
  const [key, value] = first;
  const example = `--filter ${quoted(`${key}=${value}`)}`;
  const keys = [...examples.keys()].join(", ");
  return `No chunk matches the filter. The keys of the chunks are ${keys}, such as ${example}.`;
}

function isShown(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
