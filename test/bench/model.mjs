import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { modelPath } from "@embeddinggemma/tiny-model";

/**
 * Reads the command line of a benchmark:
 * `node <script> [folder of a model] [--dtype=q8] [--name=number …]`.
 *
 * @param numbers - the numeric options with their defaults
 */
export function benchOptions(numbers) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dtype: { type: "string" },
      ...Object.fromEntries(Object.keys(numbers).map((name) => [name, { type: "string" }])),
    },
  });
  const model = positionals[0] ?? modelPath;
  if (!existsSync(model))
    throw new Error(`${model} does not exist. Pass the folder of a model as the first argument.`);
  const given = Object.entries(numbers).map(([name, number]) => [
    name,
    Number(values[name] ?? number),
  ]);
  return { model, dtype: values.dtype ?? "q8", ...Object.fromEntries(given) };
}

/** Different texts with the given lengths in words. They are the same in every run. */
export function textsOf(lengths) {
  const random = randomNumbers(1);
  return lengths.map((length) =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" "),
  );
}

/** Returns a function that returns numbers from 0 to 1, the same sequence in every run. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Lengths as in real documents: the median is 45 words, some have ten times as many. */
export function mixedLengths(count) {
  const random = randomNumbers(2);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () =>
    Math.min(Math.max(Math.round(45 * Math.exp(0.8 * normal())), 2), 400),
  );
}

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/**
 * Prints a Markdown table.
 *
 * @param rows - the first row has the headings
 */
export function printTable(title, rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  const line = (row) => row.map((cell, column) => pad(cell, widths[column], column));
  console.log(`\n${title}\n`);
  rows.forEach((row, index) => {
    console.log(`| ${line(row).join(" | ")} |`);
    if (index === 0) console.log(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  });
}

function pad(cell, width, column) {
  return column === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
}

const words = (
  "the of and to in a is that for it as was with be by on not he his but at are this have " +
  "from or had an they which one you were all her she there would their we him been has when " +
  "who will no more if out so up said what its about than into them can only other time new " +
  "some could these two may first then do any like my now over such our man me even most made " +
  "after also did many before"
).split(" ");
