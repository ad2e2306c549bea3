/**
 * A Markdown table.
 *
 * @param rows - the first row has the headings
 */
export function markdownTable(rows) {
  const cells = rows.map((row) => row.map((cell) => String(cell ?? "").replaceAll("|", "\\|")));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => pad(cell, widths, column)).join(" | ")} |`;
  const ruler = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(cells[0]), ruler, ...cells.slice(1).map(line)].join("\n");
}

/** Prints a table with a title. */
export function printTable(title, rows) {
  console.log(`\n${title}\n\n${markdownTable(rows)}`);
}

function pad(cell, widths, column) {
  return column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
}
