import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { barChart, lineChart } from "./chart.mjs";
import { commit, machine, machineLine } from "./machine.mjs";
import { markdownTable } from "./table.mjs";

/**
 * What one benchmark found: tables, raw figures and charts. Tables are printed as soon as they are
 * there; `write` saves everything.
 */
export class Report {
  #kind;
  #command;
  #began = performance.now();
  #tables = [];
  #figures = {};
  #charts = {};
  #versions = {};

  /** @param kind - name of the benchmark, and of its files */
  constructor(kind, command) {
    this.#kind = kind;
    this.#command = command;
  }

  /**
   * @param rows - the first row has the headings
   * @param notes - sentences under the table
   */
  table(title, rows, notes = []) {
    const text = [`### ${title}`, markdownTable(rows), ...notes].join("\n\n");
    this.#tables.push(text);
    console.log(`\n${text}`);
  }

  /** Raw figures for the JSON file. */
  figures(name, value) {
    this.#figures[name] = value;
  }

  /** Versions of what was measured, by name. */
  versions(versions) {
    Object.assign(this.#versions, versions);
  }

  /** @param spec - see `barChart` */
  bars(name, spec) {
    this.#charts[name] = barChart(spec);
  }

  /** @param spec - see `lineChart` */
  lines(name, spec) {
    this.#charts[name] = lineChart(spec);
  }

  /**
   * Writes `<kind>.md`, `<kind>.json` and the charts as `<kind>-<name>.svg`.
   *
   * @returns the files' paths
   */
  write(folder) {
    mkdirSync(folder, { recursive: true });
    const minutes = Number(((performance.now() - this.#began) / 60_000).toFixed(1));
    const record = {
      benchmark: this.#kind,
      command: this.#command,
      date: new Date().toISOString(),
      commit: commit(),
      machine: machine(),
      versions: this.#versions,
      minutes,
      figures: this.#figures,
    };
    const footer = `\`${this.#command}\`: ${machineLine()}; ${minutes} minutes.`;
    console.log(`\n${footer}`);
    const files = {
      [`${this.#kind}.json`]: `${JSON.stringify(record, null, 2)}\n`,
      [`${this.#kind}.md`]: `${[...this.#tables, footer].join("\n\n")}\n`,
    };
    for (const [name, svg] of Object.entries(this.#charts))
      files[`${this.#kind}-${name}.svg`] = svg;
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return Object.keys(files).map((name) => join(folder, name));
  }
}
