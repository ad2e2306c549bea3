/** Words that say nothing about a text. */
const commonWords = new Set(
  `a about all also an and any are as at be been being but by can etc especially for from had has
  have having he her his if in into is it its made many may more most not of often on one or other
  others out over same several she small some such than that the their them then there these they
  this to two up used using usually various was were when where which while who with without you
  your called known especially very like we our i my no so do does did what how will would between
  part type kind form large long something someone`.split(/\s+/),
);
const wordsInLabel = 3;

/** The words of a text that can be in a label, each once. */
export function labelWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]*/gu) ?? [];
  return [...new Set(words.filter((word) => word.length > 2 && !commonWords.has(word)))];
}

/**
 * A label for each group: the words that stand out in it (c-TF-IDF, with the number of texts that
 * have a word in place of how often it occurs).
 *
 * @param words - of each text
 * @param groups - the group of each text, from 0; -1 for none
 * @see https://maartengr.github.io/BERTopic/getting_started/ctfidf/ctfidf.html
 */
export function labelClusters(words: readonly (readonly string[])[], groups: Int16Array): string[] {
  const inAll = new Map<string, number>();
  const inGroup: Map<string, number>[] = [];
  const sizes: number[] = [];
  for (const [index, group] of groups.entries()) {
    for (const word of words[index] ?? []) inAll.set(word, (inAll.get(word) ?? 0) + 1);
    if (group < 0) continue;
    sizes[group] = (sizes[group] ?? 0) + 1;
    inGroup[group] ??= new Map();
    const counts = inGroup[group];
    for (const word of words[index] ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const average = sizes.reduce((sum, size) => sum + size, 0) / (sizes.length || 1);
  return inGroup.map((counts, group) => {
    const scored = [...counts]
      .filter(([, count]) => count > 1)
      .map(([word, count]) => {
        const score = (count / sizes[group]!) * Math.log(1 + average / inAll.get(word)!);
        return { word, score };
      })
      .sort((a, b) => b.score - a.score);
    const label: string[] = [];
    for (const { word } of scored) {
      if (label.length === wordsInLabel) break;
      if (!label.some((other) => isSameWord(word, other))) label.push(word);
    }
    return label.join(" · ");
  });
}

/** Whether one word is another with an ending, such as a plural. */
function isSameWord(left: string, right: string): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  return (
    long.startsWith(short.slice(0, Math.max(4, short.length - 1))) && long.length - short.length < 4
  );
}
