import { readBeir } from "@embeddinggemma/tune";

/** @typedef {import("@embeddinggemma/tune").BeirData} BeirData */

/** @param {"train" | "validation" | "test"} split */
export function readSplit(split) {
  return readBeir(new URL("../data/", import.meta.url), { split });
}

/**
 * The questions of a split, by whether any question of the other splits has the same answer.
 *
 * @param {BeirData} data
 * @param {BeirData[]} others
 */
export function groupsOf(data, others) {
  const seen = new Set(
    others.flatMap((other) => Array.from(other.queries.keys(), (id) => answerOf(other, id))),
  );
  const ids = Array.from(data.queries.keys());
  return {
    "articles that training questions ask about": ids.filter((id) => seen.has(answerOf(data, id))),
    "other articles": ids.filter((id) => !seen.has(answerOf(data, id))),
  };
}

/**
 * The id of the article with the best grade.
 *
 * @param {BeirData} data
 * @param {string} query - its id
 */
function answerOf({ relevant }, query) {
  const grades = Array.from(relevant.get(query) ?? []);
  return grades.reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
