import { type Colors, note, type Terminal } from "./terminal.ts";
import { cut, widthOf } from "./width.ts";

/**
 * A bar on the last line of the terminal. Without a terminal, there are the notes, and a line now
 * and then, so that the log of a long run says that it goes on.
 */
export interface Progress {
  /**
   * Updates the bar.
   *
   * @param fraction - how much is done, from 0 to 1; undefined if nobody knows
   * @param text - what to write after it
   */
  show(fraction: number | undefined, text: string): void;
  /** Writes a line above the bar. */
  note(line: string): void;
  /** Removes the bar. */
  stop(): void;
}

/**
 * Starts a progress bar. Stop it before you write anything else.
 *
 * @param label - what is being done, such as `Indexing`
 */
export function startProgress(terminal: Terminal, label: string): Progress {
  const { errors, errorColors, interactive } = terminal;
  const start = performance.now();
  let line = "";
  let shownAt = interactive ? Number.NEGATIVE_INFINITY : start;
  const clear = () => line !== "" && errors.write(clearLine);
  return {
    show(fraction, text) {
      const now = performance.now();
      if (now - shownAt < (interactive ? redrawAfter : lineAfter)) return;
      shownAt = now;
      const rest = [text, timeLeft(fraction, now - start)].filter(Boolean).join(" · ");
      if (!interactive) {
        const percent = fraction === undefined ? "" : ` ${Math.floor(fraction * 100)}%`;
        return note(terminal, `${label}${percent}, ${rest}`);
      }
      const columns = widthOf(errors);
      const barWidth = columns < narrow ? 0 : 24;
      const bar = fraction === undefined ? "" : barOf(fraction, barWidth, errorColors);
      const room = columns - label.length - (bar === "" ? 0 : barWidth + percentWidth) - 4;
      line = `${label}${bar}  ${errorColors.dim(cut(rest, room))}`;
      errors.write(clearLine + line);
    },
    note(text) {
      clear();
      note(terminal, text);
      errors.write(line);
    },
    stop() {
      clear();
      line = "";
    },
  };
}

/** With fewer columns, numbers say more than a bar. */
const narrow = 72;
const percentWidth = 4;
/** Clears the line of the cursor. */
export const clearLine = "\r\x1b[K";

/** Milliseconds. More would only cost time. */
const redrawAfter = 100;

/** Milliseconds, without a terminal. */
const lineAfter = 30_000;

/** ` ████░░░░  50%` */
function barOf(fraction: number, width: number, { cyan, dim }: Colors): string {
  const done = Math.round(fraction * width);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(percentWidth);
  return ` ${cyan("█".repeat(done))}${dim("░".repeat(width - done))}${percent}`;
}

function timeLeft(fraction: number | undefined, milliseconds: number): string {
  if (fraction === undefined || fraction < 0.01 || milliseconds < 2_000) return "";
  return `${clock(Math.round((milliseconds / fraction - milliseconds) / 1_000))} left`;
}

function clock(seconds: number): string {
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0");
  const minutes = seconds / 60;
  if (minutes < 60) return `${Math.floor(minutes)}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
