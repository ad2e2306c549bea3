/** The adapters that Python and JavaScript are compared with: the same numbers everywhere. */

const dimension = 768;

/** Numbers from -scale to scale, which look random. */
function numbers(count, scale, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return scale * (state / 2 ** 30 - 1);
  });
}

/** One of each kind: low-rank for queries, and full for both sides. */
export const adapters = {
  query: {
    sides: "query",
    dimension,
    weights: { a: numbers(dimension * 8, 0.2, 1), b: numbers(8 * dimension, 0.2, 2) },
  },
  both: {
    sides: "both",
    dimension,
    weights: { delta: numbers(dimension * dimension, 0.03, 3) },
  },
};
