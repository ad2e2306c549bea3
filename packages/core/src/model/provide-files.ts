import { isInBrowser } from "#platform";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { type GraphFile, isStandard } from "../runtime/graph-file.ts";
import { otherGraphs } from "./other-graphs.ts";

/**
 * Makes sure that the tokenizer is in the folder.
 *
 * @throws `MODEL_FILE_MISSING`, `DOWNLOAD_FAILED`
 */
export async function provideTokenizer(model: string, folder: ModelFolder): Promise<void> {
  for (const file of ["tokenizer.json", "tokenizer_config.json"]) {
    if (await folder.provide(file)) continue;
    if (folder.offline) throw notInCache(model, file, folder);
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${show(model)} has no ${file}, so it cannot tokenize texts. ` +
        "Use a repository made for Transformers.js.",
      { model, file, folder: folder.path },
    );
  }
}

/**
 * Makes sure that the graph is in the folder.
 *
 * @param isNamed - whether the options name the file, rather than `dtype: "auto"`
 * @throws `MODEL_FILE_MISSING` with the ONNX files that the model has, `DOWNLOAD_FAILED`
 */
export async function provideGraph(
  model: string,
  folder: ModelFolder,
  graphFile: GraphFile,
  isNamed: boolean,
): Promise<void> {
  const { path: file, dtype } = graphFile;
  if (await folder.provide(file)) return;
  const hint = await otherGraphs(model, folder, graphFile, isNamed);
  if (folder.offline) throw notInCache(model, file, folder, hint);
  const role = isStandard(graphFile) ? `, the file of dtype ${dtype}` : "";
  throw new EmbeddingGemmaError(
    "MODEL_FILE_MISSING",
    `${show(model)} has no ${file}${role}.${hint}`,
    { model, file, folder: folder.path, dtype },
  );
}

/**
 * Makes sure that the files in which the graph keeps its weights are in the folder.
 *
 * @throws `MODEL_FILE_MISSING`, `DOWNLOAD_FAILED`
 */
export async function provideDataFiles(
  model: string,
  folder: ModelFolder,
  graphFile: GraphFile,
  dataFiles: readonly string[],
): Promise<void> {
  for (const file of dataFiles) {
    if (await folder.provide(file)) continue;
    if (folder.offline) throw notInCache(model, file, folder);
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${show(model)} has no ${file}, in which ${graphFile.path} keeps weights. ` +
        "Add the file under that name, or use another dtype.",
      { model, file, folder: folder.path, dtype: graphFile.dtype },
    );
  }
}

export function notInCache(
  model: string,
  file: string,
  { path }: ModelFolder,
  hint = "",
): EmbeddingGemmaError {
  const absence = `${file} of ${show(model)} is not in the cache (${path})`;
  const reason = `${absence}, and downloads are not possible`;
  const advice = isInBrowser
    ? "`localFilesOnly` is set. Load the model once without it, with the same other options."
    : "localFilesOnly or HF_HUB_OFFLINE is set, or the Hub cannot be reached. Load the model " +
      "once while online, with the same options.";
  return new EmbeddingGemmaError("MODEL_FILE_MISSING", `${reason}: ${advice}${hint}`, {
    model,
    file,
    folder: path,
    offline: true,
    reason: `${reason}.${hint}`,
  });
}
