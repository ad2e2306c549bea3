import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "../errors.ts";
import { FaissStore } from "../faiss-store.ts";
import { assertWithin } from "../testing/assert-within.ts";
import { naiveRanking, randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import { ForgedStore } from "../testing/saved-store.ts";
import { timeLimits } from "./time-limit.ts";

const dimension = 8;
const vectors = randomUnitVectors(300, dimension, seededRandom(5));
const options = { engine: "auto", scanBelow: 0 } as const;
const limits = { ...timeLimits };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-forged-index-"));
  timeLimits.minMilliseconds = 500;
});
afterAll(async () => {
  Object.assign(timeLimits, limits);
  await rm(folder, { recursive: true, force: true });
});

/** The first bytes of an index file matter most. */
const change = fc.record({
  at: fc.oneof(fc.nat(200), fc.nat(20_000)),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.constantFrom(...[0, 1, 255].map((byte) => new Uint8Array(8).fill(byte))),
  ),
});

/** Makes an `IVF4,Flat` of the vectors above return a row twice. */
const repeatedLabel = [
  { at: 12_184, bytes: Uint8Array.of(0, 0, 32) },
  { at: 292, bytes: new Uint8Array(8) },
];

describe("a saved index with changed bytes and a correct checksum", () => {
  it.each(["IVF4,Flat", "HNSW8,Flat", "SQ8"])(
    "never returns a wrong hit: %s",
    {
      timeout: 60_000,
    },
    async (index) => {
      const original = join(folder, "original");
      const store = await FaissStore.create<null>({ dimension, index, ...options });
      await store.upsert(vectors.map((vector, row) => ({ id: `${row}`, vector, record: null })));
      await store.search(vectors[0]!);
      await store.save(original, { overwrite: true });
      await store.close();
      await assertWithin(
        8_000,
        fc.array(change, { minLength: 1, maxLength: 2 }),
        async (changes) => {
          const forged = await ForgedStore.copyOf(original, join(folder, "forged"));
          const stored = forged.manifest.index_file!;
          const bytes = await forged.read(stored);
          for (const { at, bytes: replacement } of changes)
            bytes.set(replacement, at % (bytes.length - replacement.length));
          await forged.replace(stored, bytes);
          await forged.sign();
          const start = performance.now();
          const opened = await FaissStore.open<null>(forged.directory, options).catch(
            (error: unknown) => error,
          );
          if (opened instanceof FaissStore) await expectTrueHits(opened);
          else expect(FaissStoreError.isInstance(opened), String(opened)).toBe(true);
          expect(performance.now() - start).toBeLessThan(10_000);
        },
        { numRuns: 40, examples: [[repeatedLabel]] },
      );
    },
  );
});

async function expectTrueHits(store: FaissStore<null>): Promise<void> {
  try {
    for (const query of vectors.slice(0, 3)) {
      const hits = await store.search(query, { k: 20 });
      expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
      const cosines = new Map(naiveRanking(vectors, query).map(({ row, score }) => [row, score]));
      for (const { id, score } of hits) expect(score).toBeCloseTo(cosines.get(Number(id))!, 5);
    }
    expect(store.size).toBe(vectors.length);
  } finally {
    await store.close();
  }
}
