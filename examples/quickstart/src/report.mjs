import { styleText } from "node:util";

/** @typedef {{ score: number, text: string }} Row */

/** @param {string} text */
export function heading(text) {
  console.log(`\n${styled("bold", text)}`);
}

/**
 * Prints rows as columns, best first.
 *
 * @param {string} title
 * @param {Row[]} rows
 */
export function ranking(title, rows) {
  console.log(`\n  ${styled("cyan", title)}`);
  rows.forEach(({ score, text }, place) => {
    const line = `  ${place + 1}  ${score.toFixed(4)}  ${text}`;
    console.log(place === 0 ? styled("green", line) : line);
  });
}

/** @param {Parameters<typeof styleText>[0]} format @param {string} text */
function styled(format, text) {
  return process.stdout.hasColors?.() ? styleText(format, text) : text;
}
