import type { ImportEmbedding } from "../interchange-types.ts";
import type { FaissStoreItem } from "../types.ts";

/** An item with the vector of the file. */
export interface StoredItem<R> extends FaissStoreItem<R> {
  id: string;
  vector: Float32Array;
}

/** Enough texts to notice a foreign pipeline, so few that nobody waits. */
const sampleSize = 8;

/** Shorter texts have vectors that quantization changes most. */
const minLength = 20;

/**
 * The items whose texts are embedded again, spread over the whole store: of each part the shortest
 * text, since a prompt changes the vectors of short texts most, and of all the longest, which is
 * the first to be cut.
 */
export function sampleOf<R>(
  items: readonly StoredItem<R>[],
  { textOf }: ImportEmbedding<R>,
): StoredItem<R>[] {
  const all = items.map((item) => ({ item, length: lengthOf(textOf(item.record)) }));
  const withText = all.filter(({ length }) => length > 0);
  const texts = withText.length > 0 ? withText : all;
  const chosen = new Set<StoredItem<R>>();
  if (texts.length > sampleSize)
    chosen.add(texts.reduce((best, text) => (text.length > best.length ? text : best)).item);
  const parts = Math.min(sampleSize - chosen.size, texts.length);
  for (let part = 0; part < parts; part++) {
    const [start, end] = [part, part + 1].map((edge) => Math.floor((edge * texts.length) / parts));
    const candidates = texts.slice(start, end);
    chosen.add(candidates.reduce((best, text) => (isBetter(text, best) ? text : best)).item);
  }
  return [...chosen];
}

/** The shortest text of at least {@link minLength}; if there is none, the longest. */
function isBetter(text: { length: number }, best: { length: number }): boolean {
  if (best.length < minLength) return text.length > best.length;
  return text.length >= minLength && text.length < best.length;
}

function lengthOf(text: unknown): number {
  return typeof text === "string" ? text.trim().length : 0;
}
