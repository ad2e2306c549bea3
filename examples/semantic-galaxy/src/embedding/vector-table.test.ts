import { expect, test } from "vitest";
import { cosine, dimension, VectorTable } from "./vector-table.ts";

const vectors = Array.from({ length: 300 }, (_, row) =>
  Float32Array.from({ length: dimension }, (_, at) => Math.sin((row + 1) * (at + 3) * 0.37)),
);

test.for([768, 512, 256, 128] as const)("the best hits with %i numbers come first", (count) => {
  const table = new VectorTable();
  for (const vector of vectors) {
    const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
    table.append(vector.map((number) => number / length));
  }
  const query = vectors[7]!;
  const expected = vectors
    .map((vector, index) => ({ index, cosine: cosine(query, vector, count) }))
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, 10);
  const hits = table.search(query, count, 10);
  expect(hits.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
  for (const [place, hit] of hits.entries())
    expect(hit.cosine).toBeCloseTo(expected[place]!.cosine, 5);
  expect(table.search(query, count, 10, 7)[0]!.index).toBe(expected[1]!.index);
});

test("rows after a cancelled call are forgotten", () => {
  const table = new VectorTable();
  table.append(new Float32Array([...vectors[0]!, ...vectors[1]!]));
  table.truncate(1);
  table.append(vectors[2]!);
  expect(table.count).toBe(2);
  expect(table.rows(1, 2)).toEqual(vectors[2]);
});
