import { expect, it } from "vitest";
import { randomUnitVectors, seededRandom } from "../testing/random-vectors.ts";
import { Int8Rows } from "./int8-rows.ts";

it("changes scores of 768 numbers by 0.0002 on average and by at most 0.001", () => {
  const vectors = randomUnitVectors(400, 768, seededRandom(12));
  const rows = new Int8Rows(768);
  for (const vector of vectors) rows.append(vector);
  const errors = vectors.slice(0, 100).flatMap((query) =>
    vectors.map((vector, row) => {
      const score = vector.reduce((sum, value, index) => sum + value * query[index]!, 0);
      return Math.abs(rows.dot(row, query, 768) - score);
    }),
  );
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeCloseTo(0.0002, 4);
  expect(Math.max(...errors)).toBeLessThan(0.001);
});
