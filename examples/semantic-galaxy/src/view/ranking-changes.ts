import type { Hit } from "../galaxy.ts";

export interface RankedHit extends Hit {
  /** From 1. */
  readonly rank: number;
  /** How many places it has risen (more than 0) or fallen; undefined if it is new in the list. */
  readonly risen: number | undefined;
}

export interface RankingChanges {
  readonly hits: readonly RankedHit[];
  /** Hits that were in the list before and no longer are, with their old ranks. */
  readonly left: readonly { readonly index: number; readonly rank: number }[];
  readonly moved: number;
}

/** What became of a list of hits. */
export function rankingChanges(hits: readonly Hit[], before: readonly Hit[]): RankingChanges {
  const oldRank = new Map(before.map(({ index }, place) => [index, place + 1]));
  const ranked = hits.map((hit, place): RankedHit => {
    const old = oldRank.get(hit.index);
    const rank = place + 1;
    return { ...hit, rank, risen: old === undefined ? undefined : old - rank };
  });
  const present = new Set(hits.map(({ index }) => index));
  const left = [...oldRank].filter(([index]) => !present.has(index));
  return {
    hits: ranked,
    left: left.map(([index, rank]) => ({ index, rank })),
    moved: ranked.filter(({ risen }) => risen).length,
  };
}

/** The changes in words, such as "2 hits moved, 1 is new." */
export function describeChanges({ moved, left }: RankingChanges): string {
  const parts = [
    ...(moved > 0 ? [`${moved} moved`] : []),
    ...(left.length > 0 ? [`${left.length} left the list`] : []),
  ];
  return parts.length === 0 ? "The hits are the same." : `Of the hits, ${parts.join(", ")}.`;
}
