import type { TuneProgress } from "@embeddinggemma/tune";
import { type Progress, startProgress } from "../terminal/progress.ts";
import type { Terminal } from "../terminal/terminal.ts";

const labels = { embed: "Embedding", train: "Training", evaluate: "Comparing" };

/** Shows the progress of tuning: a bar for each phase. */
export function showTuning(terminal: Terminal) {
  let phase: TuneProgress["phase"] | undefined;
  let bar: Progress | undefined;
  const stop = () => bar?.stop();
  return {
    show({ phase: current, done, total, epoch }: TuneProgress): void {
      if (current !== phase) {
        stop();
        phase = current;
        bar = startProgress(terminal, labels[current]);
      }
      bar?.show(done / total, epoch === undefined ? `${done} of ${total} texts` : `epoch ${epoch}`);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}
