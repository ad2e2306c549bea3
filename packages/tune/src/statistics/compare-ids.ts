/**
 * Compares ids as Python compares strings, by code points. JavaScript compares UTF-16 units, so it
 * has characters beyond U+FFFF before U+E000 to U+FFFF.
 */
export function compareIds(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return weight(left) - weight(right);
  }
  return a.length - b.length;
}

/** The place of each id if all are sorted. */
export function placesOf(ids: readonly string[]): Int32Array {
  const places = new Int32Array(ids.length);
  const sorted = Array.from(ids.keys()).sort((a, b) => compareIds(ids[a]!, ids[b]!));
  for (const [place, index] of sorted.entries()) places[index] = place;
  return places;
}

/** Moves surrogates behind all other UTF-16 units. */
function weight(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
