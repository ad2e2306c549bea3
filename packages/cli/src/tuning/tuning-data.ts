import { stat } from "node:fs/promises";
import { EmbeddingGemmaError } from "@embeddinggemma/core";
import {
  type BeirData,
  readBeir,
  readPairs,
  type TuneOptions,
  trainingPairs,
} from "@embeddinggemma/tune";
import { UsageError } from "../failures/command-error.ts";

export interface TuningDataFlags {
  /** Splits of the BEIR folder. */
  train: string;
  validation?: string | undefined;
  test?: string | undefined;
  /** The BEIR folder of a file of pairs. */
  beir?: string | undefined;
}

/**
 * Reads what to learn from, and what to compare on.
 *
 * @throws EmbeddingGemmaError `DATA_INVALID`; UsageError for splits without a folder
 */
export async function readTuningData(
  path: string,
  { train, validation, test, beir }: TuningDataFlags,
): Promise<Pick<TuneOptions, "pairs" | "validation" | "test">> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const folder = isFolder ? path : beir;
  const pairs = isFolder
    ? trainingPairs(await readBeir(path, { split: train }))
    : await readPairs(path);
  if (folder === undefined) {
    if (validation === undefined && test === undefined) return { pairs };
    throw new UsageError("--validation and --test name questions of a BEIR folder: add --beir.");
  }
  return {
    pairs,
    validation: await readSplit(folder, validation, ["validation", "dev"]),
    test: await readSplit(folder, test, ["test"]),
  };
}

/** The split of the flag, else the first usual one that the folder has. */
async function readSplit(
  folder: string,
  given: string | undefined,
  usual: readonly string[],
): Promise<BeirData | undefined> {
  if (given !== undefined) return await readBeir(folder, { split: given });
  for (const split of usual) {
    try {
      return await readBeir(folder, { split });
    } catch (error) {
      if (!isMissingSplit(error)) throw error;
    }
  }
  return undefined;
}

function isMissingSplit(error: unknown): boolean {
  return EmbeddingGemmaError.isInstance(error) && "splits" in error.details;
}
