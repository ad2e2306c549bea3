/** How many colors clusters have. */
export const colorCount = 12;

/**
 * A color for each group, from 1. A group keeps the color that most of its texts had, unless a
 * larger one has it; new groups get the colors that are used least.
 *
 * @param groups - the group of each text, the largest group first; -1 for none
 * @param previous - the color that each text had; 0 for none
 */
export function colorClusters(groups: Int16Array, previous: Uint8Array): number[] {
  const count = groups.reduce((most, group) => Math.max(most, group), -1) + 1;
  const votes = Array.from({ length: count }, () => new Uint32Array(colorCount + 1));
  for (const [index, group] of groups.entries()) {
    if (group >= 0) votes[group]![previous[index] ?? 0]!++;
  }
  const uses = new Uint32Array(colorCount + 1);
  const colors: number[] = [];
  for (const vote of votes) {
    const wanted = vote.indexOf(Math.max(...vote));
    const least = Math.min(...uses.subarray(1));
    const color = wanted > 0 && uses[wanted] === least ? wanted : uses.indexOf(least, 1);
    uses[color]!++;
    colors.push(color);
  }
  return colors;
}
