/** A function that returns numbers from 0 to 1, the same ones in each run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomUnitVectors(
  count: number,
  dimension: number,
  random: () => number,
): Float32Array[] {
  return Array.from({ length: count }, () => {
    const vector = Float32Array.from(
      { length: dimension },
      () => random() + random() + random() - 1.5,
    );
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  });
}

/** All rows with their cosines to a query, best first; ties in order of the rows. */
export function naiveRanking(vectors: readonly ArrayLike<number>[], query: ArrayLike<number>) {
  return vectors
    .map((vector, row) => ({ row, score: naiveCosine(vector, query) }))
    .sort((one, other) => other.score - one.score || one.row - other.row);
}

function naiveCosine(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let product = 0;
  let oneSquares = 0;
  let otherSquares = 0;
  for (let index = 0; index < one.length; index++) {
    product += one[index]! * other[index]!;
    oneSquares += one[index]! ** 2;
    otherSquares += other[index]! ** 2;
  }
  return product / Math.sqrt(oneSquares) / Math.sqrt(otherSquares);
}
