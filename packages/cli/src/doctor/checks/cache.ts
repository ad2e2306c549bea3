import { statfs } from "node:fs/promises";
import { type ModelCache, scanModelCache } from "@embeddinggemma/core";
import { existingPart, whyNotWritable } from "@embeddinggemma/internal/node";
import { fileFailure } from "../../failures/file-failure.ts";
import { countOf } from "../../terminal/count-of.ts";
import { formatBytes } from "../../terminal/format-bytes.ts";
import { type Finding, fine, problem, type Surroundings, warning } from "../finding.ts";

/** The download of EmbeddingGemma 300m as q8, and what is computed from it. */
const needed = 0.8e9;

/** The cache of models: whether it can be written, has room, and is whole. */
export async function checkCache({ cache, flags, hasModel }: Surroundings): Promise<Finding> {
  const { path, models, size } = cache ?? (await scanModelCache({ cacheDir: flags.cacheDir }));
  const summary = `cache: ${path}, ${countOf(models.length, "model")}, ${formatBytes(size)}`;
  const judge = hasModel ? warning : problem;

  const fault = await whyNotWritable(path);
  if (fault !== undefined) {
    return judge(
      `${summary}; it cannot be written: ${fileFailure(fault)}`,
      "Downloads fail. Fix its permissions, or set HF_HUB_CACHE or --cache-dir to another folder.",
    );
  }
  const { bavail, bsize } = await statfs(existingPart(path));
  const room = bavail * bsize;
  if (room < needed && !hasModel) {
    return problem(
      `${summary}; ${formatBytes(room)} free`,
      `EmbeddingGemma 300m needs ${formatBytes(needed)}. Free some, or set HF_HUB_CACHE.`,
    );
  }
  return damageOf(summary, models) ?? fine(`${summary}; ${formatBytes(room)} free`);
}

function damageOf(summary: string, models: ModelCache["models"]): Finding | undefined {
  const damaged = models.find(({ revisions }) =>
    revisions.some(({ files }) => files.some((file) => file.size === null)),
  );
  if (damaged) {
    return warning(
      `${summary}; files of ${damaged.id} are gone`,
      `Run \`embeddinggemma models remove ${damaged.id}\`, and load it again.`,
    );
  }
  const unfinished = models.filter((model) => model.unfinished.length > 0);
  if (unfinished.length === 0) return undefined;
  return warning(
    `${summary}; unfinished downloads of ${unfinished.map(({ id }) => id).join(", ")}`,
    "They go on when the model is loaded. To free the space, run " +
      `\`embeddinggemma models remove ${unfinished[0]!.id}\`.`,
  );
}
