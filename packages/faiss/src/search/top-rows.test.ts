import fc from "fast-check";
import { expect, it } from "vitest";
import { TopRows } from "./top-rows.ts";

it("keeps what sorting by score, then by insertion order, puts first", () => {
  const scores = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 60 });
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 20 }), (scores, capacity) => {
      // Rows were inserted in the opposite order.
      const sequence = scores.map((_score, row) => scores.length - row);
      const top = new TopRows(capacity, sequence);
      for (const [row, score] of scores.entries()) top.offer(row, score);
      const expected = scores
        .map((score, row) => ({ row, score }))
        .sort((one, other) => other.score - one.score || sequence[one.row]! - sequence[other.row]!)
        .slice(0, capacity);
      expect(top.sorted()).toEqual(expected);
    }),
  );
});
