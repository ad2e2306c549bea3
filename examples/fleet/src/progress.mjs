import { MultiBar, Presets } from "cli-progress";

/** A progress bar, if this is a terminal, with lines above it for what happens meanwhile. */
export class ProgressBar {
  #title;
  #bars = process.stderr.isTTY
    ? new MultiBar(
        { format: "  {title} {bar} {value}/{total} jobs, {failed} failed", hideCursor: true },
        Presets.shades_classic,
      )
    : undefined;
  /** @type {import("cli-progress").SingleBar | undefined} */
  #bar;

  /** @param {string} title */
  constructor(title) {
    this.#title = title;
  }

  /** @param {{ total: number, completed: number, failed: number }} counts */
  update({ total, completed, failed }) {
    this.#bar ??= this.#bars?.create(total, completed, { title: this.#title, failed });
    this.#bar?.setTotal(total);
    this.#bar?.update(completed, { failed });
  }

  /** @param {string} line */
  log(line) {
    if (this.#bars) this.#bars.log(`${line}\n`);
    else console.error(line);
  }

  stop() {
    this.#bars?.stop();
  }
}
