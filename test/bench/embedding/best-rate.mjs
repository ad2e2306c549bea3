/**
 * The best that a graph was seen to reach on this machine, by the length of a text: what remains to
 * be gained by other batches, a faster tokenizer or fewer copies.
 *
 * @param cells - `{ rows, length, milliseconds }` of raw runs of the session
 * @returns a function that gives the milliseconds that texts of these lengths take at best, each at
 * the best rate seen for rows of its length; and `alone`, the same for texts that run one by one
 */
export function bestTimes(cells) {
  const times = (chosen) => {
    const perToken = new Map();
    for (const { rows, length, milliseconds } of chosen) {
      const time = milliseconds / (rows * length);
      perToken.set(length, Math.min(perToken.get(length) ?? Number.POSITIVE_INFINITY, time));
    }
    const points = [...perToken].sort(([a], [b]) => a - b);
    return (lengths) => lengths.reduce((sum, length) => sum + length * at(points, length), 0);
  };
  return { together: times(cells), alone: times(cells.filter(({ rows }) => rows === 1)) };
}

/** Time per token between two measured lengths, by their logarithms, since they are far apart. */
function at(points, length) {
  const next = points.findIndex(([measured]) => measured >= length);
  if (next === 0) return points[0][1];
  if (next === -1) return points.at(-1)[1];
  const [[fromLength, from], [toLength, to]] = [points[next - 1], points[next]];
  const share = Math.log(length / fromLength) / Math.log(toLength / fromLength);
  return from + (to - from) * share;
}
