import { defined } from "@embeddinggemma/internal";
import { RetrievalReport, saveAdapter, type TuneOptions, tune } from "@embeddinggemma/tune";
import { describeDifference, whyChance } from "../evaluation/describe-difference.ts";
import { CommandExit } from "../failures/command-exit.ts";
import { exitCodes } from "../failures/exit-codes.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { countOf } from "../terminal/count-of.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import { checkAdapterFolder, hasAdapter } from "./check-adapter-folder.ts";
import { showTuning } from "./show-tuning.ts";
import { readTuningData, type TuningDataFlags } from "./tuning-data.ts";

type TrainingFlags = Pick<
  TuneOptions,
  "sides" | "loss" | "rank" | "epochs" | "batchSize" | "learningRate" | "seed" | "metric"
>;

export interface TuneFlags extends Omit<ModelFlags, "adapter">, TuningDataFlags, TrainingFlags {
  output: string;
  json?: boolean;
}

/** Trains an adapter, prints what it is worth, and saves it if it is worth something. */
export async function tuneFolder(
  path: string,
  { output, json, train, validation, test, beir, ...flags }: TuneFlags,
  terminal: Terminal,
): Promise<void> {
  const { sides, loss, rank, epochs, batchSize, learningRate, seed, metric, ...model } = flags;
  await checkAdapterFolder(output);
  if (hasAdapter(output))
    note(terminal, `${output} has an adapter. The new one replaces it, if it is better than none.`);
  const data = await readTuningData(path, { train, validation, test, beir });
  const cutTexts = new CutTexts();
  await using embedder = await openEmbedder(model, terminal, cutTexts);
  using progress = showTuning(terminal);
  const report = await tune(embedder, {
    ...defined({ sides, loss, rank, epochs, batchSize, learningRate, seed, metric }),
    ...data,
    onProgress: progress.show,
    signal: terminal.signal,
  });
  progress.stop();
  cutTexts.note(undefined, terminal);
  const { adapter, improved, difference, history, bestEpoch, warnings } = report;
  if (improved) await saveAdapter(adapter, output);
  const before = { ...report.before.results[0]!, system: "without adapter" };
  const after = { ...report.after.results[0]!, system: "with adapter" };
  if (json) {
    const metrics = { before: before.metrics, after: after.metrics };
    const training = { pairs: data.pairs.length, bestEpoch, history, warnings };
    print(terminal, JSON.stringify({ improved, difference, ...metrics, ...training }));
  } else {
    const bias = data.test ? "" : ", but they chose the epoch: the gain on others may be smaller";
    print(terminal, `${countOf(difference.queries, "question")}, not trained on${bias}\n`);
    print(terminal, String(new RetrievalReport([before, after], report.after.skipped)));
    print(terminal, `\n${describeDifference(difference)}`);
  }
  if (!improved) {
    note(terminal, "\nThe adapter does not help on these questions, so it is not saved.");
    throw new CommandExit(exitCodes.failed);
  }
  const chance = whyChance(difference);
  if (chance) note(terminal, `\n${chance}: on these questions, the gain may be chance.`);
  note(terminal, `\nSaved to ${output}. Use it with --adapter ${output} in the other commands.`);
}
