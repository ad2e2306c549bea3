const cargoes = ["apples", "bicycles", "coffee", "paper", "salt", "tiles", "timber", "wool"];
const ports = [
  "Bergen",
  "Gdansk",
  "Genoa",
  "Hamburg",
  "Lisbon",
  "Marseille",
  "Oslo",
  "Riga",
  "Turku",
];

/** @typedef {{ key: string, title: string, text: string }} SourceDocument */

/**
 * Documents to embed, one at a time. Put your own source here: rows of a database, lines of a file.
 * Each document needs a key that stays the same from run to run.
 *
 * @param {number} count
 * @returns {Generator<SourceDocument>}
 */
export function* readDocuments(count) {
  for (let number = 1; number <= count; number++) {
    const cargo = pick(cargoes, number);
    const from = pick(ports, number * 7);
    const to = pick(ports, number * 7 + 1 + (number % (ports.length - 1)));
    yield {
      key: `consignment-${number}`,
      title: `Consignment ${number}`,
      text: `${3 + ((number * 37) % 90)} crates of ${cargo} were shipped from ${from} to ${to}.`,
    };
  }
}

/**
 * @param {string[]} list
 * @param {number} index
 */
function pick(list, index) {
  return /** @type {string} */ (list[index % list.length]);
}
