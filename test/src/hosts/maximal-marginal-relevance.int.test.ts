import { FaissStore } from "@embeddinggemma/faiss";
import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import { expect, it } from "vitest";

it.each([0, 0.1, 0.3, 0.5, 0.7, 0.9, 1])(
  "finds the same as LangChain's function, with lambda %d",
  async (lambda) => {
    for (let round = 0; round < 20; round++) {
      const vectors = Array.from({ length: 30 }, (_, row) => pseudoRandomVector(round * 100 + row));
      const query = pseudoRandomVector(round * 100 + 99);
      const store = await FaissStore.create<null>();
      await store.upsert(
        vectors.map((vector, position) => ({ id: String(position), vector, record: null })),
      );
      const candidates = (await store.search(query, { k: 20 })).map(({ id }) => store.get(id)!);
      const candidateVectors = candidates.map(({ vector }) => Array.from(vector));
      for (const k of [1, 4, 20]) {
        const theirs = maximalMarginalRelevance(query, candidateVectors, lambda, k);
        const ours = await store.maximalMarginalRelevance(query, { k, lambda, fetchK: 20 });
        expect(ours.map(({ id }) => id)).toEqual(
          theirs.map((position) => candidates[position]!.id),
        );
      }
    }
  },
);

function pseudoRandomVector(seed: number): number[] {
  return Array.from({ length: 6 }, (_, index) => {
    const value = Math.sin(seed * 12.9898 + index * 78.233) * 43758.5453;
    return value - Math.floor(value) - 0.5;
  });
}
