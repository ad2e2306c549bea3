import { expect, test } from "vitest";
import { describeChanges, rankingChanges } from "./ranking-changes.ts";

const hits = (...indices: number[]) => indices.map((index) => ({ index, cosine: 0.5 }));

test("tells what rose, fell, is new and left", () => {
  const changes = rankingChanges(hits(7, 5, 9), hits(5, 6, 7));
  expect(changes.hits.map(({ index, rank, risen }) => [index, rank, risen])).toEqual([
    [7, 1, 2],
    [5, 2, -1],
    [9, 3, undefined],
  ]);
  expect(changes.left).toEqual([{ index: 6, rank: 2 }]);
  expect(describeChanges(changes)).toBe("Of the hits, 2 moved, 1 left the list.");
});

test("tells that nothing changed", () => {
  expect(describeChanges(rankingChanges(hits(1, 2), hits(1, 2)))).toBe("The hits are the same.");
});
