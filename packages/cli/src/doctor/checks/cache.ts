import { statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import { type CachedModel, type ModelCache, scanModelCache } from "@embeddinggemma/core";
import { existingPart, whyNotWritable } from "@embeddinggemma/internal/node";
import { fileFailure } from "../../failures/file-failure.ts";
import { countOf } from "../../terminal/count-of.ts";
import { formatBytes } from "../../terminal/format-bytes.ts";
import { findCutFile } from "../cut-weights.ts";
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
  return (await damageOf(summary, models)) ?? fine(`${summary}; ${formatBytes(room)} free`);
}

async function damageOf(
  summary: string,
  models: ModelCache["models"],
): Promise<Finding | undefined> {
  const damaged = models.find(({ revisions }) =>
    revisions.some(({ files }) => files.some((file) => file.size === null)),
  );
  if (damaged) {
    return warning(`${summary}; files of ${damaged.id} are gone`, loadAgain(damaged));
  }
  for (const model of models) {
    const cut = await cutFileOf(model);
    if (cut) return warning(`${summary}; ${cut}`, loadAgain(model));
  }
  const unfinished = models.filter((model) => model.unfinished.length > 0);
  if (unfinished.length === 0) return undefined;
  return warning(
    `${summary}; unfinished downloads of ${unfinished.map(({ id }) => id).join(", ")}`,
    "They go on when the model is loaded. To free the space, run " +
      `\`embeddinggemma models remove ${unfinished[0]!.id}\`.`,
  );
}

/** What computed files hide until they are computed again. */
async function cutFileOf({ path, revisions }: CachedModel): Promise<string | undefined> {
  for (const revision of revisions) {
    for (const { name, size } of revision.files) {
      if (size === null || !name.endsWith(".onnx")) continue;
      const cut = await findCutFile(join(revision.path, name)).catch(() => undefined);
      if (!cut) continue;
      const [fault, needed] =
        cut.needed === undefined
          ? ["damaged or cut off", ""]
          : ["cut off", ` of ${formatBytes(cut.needed)}`];
      return `${relative(path, cut.path)} is ${fault}: it has ${formatBytes(cut.bytes)}${needed}`;
    }
  }
  return undefined;
}

function loadAgain({ id }: CachedModel): string {
  return `Run \`embeddinggemma models remove ${id}\`, and load it again.`;
}
