import { FaissStoreError, show } from "../errors.ts";
import type { ImportEmbedding, ImportOptions } from "../interchange-types.ts";
import { isVector, vectorForm, writeUnitVector } from "../rows/unit-vector.ts";
import type { FaissStoreItem, Vector } from "../types.ts";

/** How many records an embedding gets at once. Between two calls, progress is reported. */
const recordsPerCall = 256;

/**
 * Embeds the records of items again.
 *
 * @returns the items with the new vectors
 * @throws FaissStoreError `INVALID_VECTOR`; the errors of the embedding, and the reason of `signal`
 */
export async function embedAgain<R>(
  items: readonly FaissStoreItem<R>[],
  embedding: ImportEmbedding<R>,
  { signal, onProgress }: Pick<ImportOptions<R>, "signal" | "onProgress">,
): Promise<FaissStoreItem<R>[]> {
  const embedded: FaissStoreItem<R>[] = [];
  for (let start = 0; start < items.length; start += recordsPerCall) {
    const part = items.slice(start, start + recordsPerCall);
    const vectors = await embedRecords(embedding.embed, part, signal);
    const dimension = embedded[0]?.vector.length ?? vectors[0]!.length;
    for (const [position, item] of part.entries()) {
      const vector = vectors[position]!;
      if (vector.length !== dimension) throw unevenVectors(dimension, vector.length);
      embedded.push({ ...item, vector });
    }
    onProgress?.({ done: embedded.length, total: items.length });
  }
  return embedded;
}

/**
 * Embeds the records of a few items.
 *
 * @returns a vector of length 1 for each item
 * @throws FaissStoreError `INVALID_VECTOR` if the embedding answers anything but one vector for
 * each record; the errors of the embedding, and the reason of `signal`
 */
export async function embedRecords<R>(
  embed: ImportEmbedding<R>["embed"],
  items: readonly FaissStoreItem<R>[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  signal?.throwIfAborted();
  const records = items.map(({ record }) => record);
  const vectors: unknown = await embed(records, { signal });
  signal?.throwIfAborted();
  if (!Array.isArray(vectors) || vectors.length !== items.length) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `The embedding must return one vector for each of ${items.length} texts; ` +
        `${show(vectors)} was returned.`,
      { expected: items.length },
    );
  }
  return vectors.map((vector: unknown, position) => unitVector(vector, items[position]!.id!));
}

function unitVector(vector: unknown, id: string): Float32Array {
  if (!isVector(vector) || vector.length === 0) {
    throw new FaissStoreError(
      "INVALID_VECTOR",
      `A vector must be ${vectorForm} that is not empty, but the embedding returned ` +
        `${show(vector)} for the text of ${show(id)}.`,
      { id },
    );
  }
  const unit = new Float32Array(vector.length);
  writeUnitVector(vector as Vector, unit, () => `the embedding's vector of ${show(id)}`);
  return unit;
}

function unevenVectors(expected: number, given: number): FaissStoreError {
  return new FaissStoreError(
    "INVALID_VECTOR",
    `The embedding returned vectors of ${expected} numbers and vectors of ${given}. ` +
      "All vectors of a store must have the same length.",
    { expected, given },
  );
}
