import { expect } from "vitest";
import { FaissStoreError } from "../errors.ts";
import type { FaissStore } from "../faiss-store.ts";

/** Checks what must be true for every store, whatever file it came from. */
export async function expectSound(store: FaissStore<never>): Promise<void> {
  const ids = store.ids();
  expect(new Set(ids).size).toBe(ids.length);
  expect(store.size).toBe(ids.length);
  for (const { id, vector, record } of store) {
    expect(vector.length).toBe(store.dimension);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 2);
    expect(() => JSON.stringify(record), id).not.toThrow();
  }
  if (ids.length === 0) return;
  const query = store.get(ids[0]!)!.vector;
  const hits = await store.search(query, { k: ids.length, filter: () => true });
  expect(hits.map(({ id }) => id).sort()).toEqual([...ids].sort());
  const scores = hits.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((one, other) => other - one));
  expect(scores[0]).toBeCloseTo(1, 2);
  expect(await store.search(query, { k: 3 })).toEqual(hits.slice(0, 3));
}

/**
 * Checks that a file that may be damaged gives a sound store or an error with a code.
 *
 * @returns `sound`, or the code
 */
export async function expectTyped(reading: Promise<FaissStore<never>>): Promise<string> {
  const outcome = await reading.catch((error: unknown) => error);
  if (outcome instanceof Error) {
    expect(FaissStoreError.isInstance(outcome), `${outcome.stack}`).toBe(true);
    return (outcome as FaissStoreError).code;
  }
  const store = outcome as FaissStore<never>;
  await expectSound(store);
  await store.close();
  return "sound";
}
