import { compareSystems } from "@embeddinggemma/tune";

/**
 * @typedef {import("@embeddinggemma/tune").RetrievalResult} RetrievalResult
 * @typedef {import("@embeddinggemma/tune").BeirData} BeirData
 */

/**
 * Says whether the second system is better, on all questions and on groups of them.
 *
 * @param {RetrievalResult} before
 * @param {RetrievalResult} after
 * @param {Record<string, string[]>} groups - ids of questions
 */
export function printComparison(before, after, groups) {
  const lines = Object.entries(groups).map(([group, ids]) => {
    const of = (/** @type {RetrievalResult} */ { perQuery }) => ({
      perQuery: new Map(Array.from(perQuery).filter(([id]) => ids.includes(id))),
    });
    const result = compareSystems(of(before), of(after));
    const interval = result.interval.map(signed).join(" to ");
    return [
      `${group} (${result.queries})`,
      `${result.before.toFixed(4)} → ${result.after.toFixed(4)}`,
      signed(result.difference),
      interval,
      result.pValue.toFixed(4),
      verdict(result),
    ];
  });
  const header = ["test questions", "NDCG@10", "difference", "95% interval", "p", ""];
  const widths = header.map((_, at) =>
    Math.max(...[header, ...lines].map((line) => line[at]?.length ?? 0)),
  );
  for (const line of [header, ...lines])
    console.log(`  ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd());
  console.log();
}

/** @param {{ interval: readonly [number, number] }} comparison */
function verdict({ interval: [low, high] }) {
  if (low > 0) return "better";
  return high < 0 ? "worse" : "may be chance";
}

/**
 * Prints the questions whose answer moved most, up and down.
 *
 * @param {RetrievalResult} before
 * @param {RetrievalResult} after
 * @param {BeirData} data
 */
export function printChanges(before, after, data) {
  const changes = Array.from(data.queries, ([id, query]) => ({
    query,
    before: firstFound(before, id, data),
    after: firstFound(after, id, data),
    change: ndcgOf(after, id) - ndcgOf(before, id),
  })).sort((one, other) => other.change - one.change);
  const count = (/** @type {(change: number) => boolean} */ which) =>
    changes.filter(({ change }) => which(change)).length;
  console.log(`Better answers to ${count((change) => change > 0)} test questions, such as`);
  for (const change of changes.slice(0, 4)) print(change);
  console.log(`Worse answers to ${count((change) => change < 0)}, such as`);
  for (const change of changes.reverse().slice(0, 4)) print(change);
}

/** @param {{ query: string, before: Found, after: Found }} change */
function print({ query, before, after }) {
  console.log(`  "${query}"`);
  console.log(`    rank ${before.rank} → ${after.rank}: ${after.title}`);
}

/** @typedef {{ rank: string, title: string }} Found */

/**
 * The best answer to a question, and its place.
 *
 * @param {RetrievalResult} result
 * @param {string} query - its id
 * @param {BeirData} data
 * @returns {Found}
 */
function firstFound({ rankings }, query, { corpus, relevant }) {
  const ids = (rankings.get(query) ?? []).map(([id]) => id);
  const grades = Array.from(relevant.get(query) ?? []);
  const [best] = grades.reduce((one, other) => (other[1] > one[1] ? other : one));
  const place = ids.indexOf(best);
  const article = corpus.get(best);
  const title = typeof article === "string" ? article : (article?.title ?? best);
  return { rank: place === -1 ? `over ${ids.length}` : String(place + 1), title };
}

/** @param {RetrievalResult} result @param {string} query - its id */
function ndcgOf({ perQuery }, query) {
  return perQuery.get(query)?.["ndcg@10"] ?? 0;
}

/** @param {number} number */
function signed(number) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(4)}`;
}
