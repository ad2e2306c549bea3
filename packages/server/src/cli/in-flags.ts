import { withFlags } from "@embeddinggemma/internal";
import { shownFlags } from "./arguments.ts";

/** A message of the packages, which speaks of their options, for whoever started the program. */
export function inFlags(message: string): string {
  const flags = Object.fromEntries(
    shownFlags().map((flag) => [flag.attributeName(), flag.long!] as const),
  );
  return withFlags(message, { ...flags, ...otherFlags })
    .replace("localFilesOnly or HF_HUB_OFFLINE", "--offline or HF_HUB_OFFLINE")
    .replace(", or set allowUntrainedDim.", " as --truncate-dim.")
    .replace(
      "pass the `modelPath` that @embeddinggemma/tiny-model exports",
      "run `npx embeddinggemma serve --model tiny`",
    )
    .replaceAll(/ \(set subfolder: [^)]*\)/g, " (in code only)");
}

/** Options whose flags have another name. */
const otherFlags = {
  batchSize: "--max-batch-requests",
  localFilesOnly: "--offline",
  token: "--hf-token",
};
