import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { type Dtype, weightsFile, weightsSuffixes } from "../runtime/dtype.ts";

/**
 * Makes sure that the tokenizer and the graph are in the folder.
 *
 * @throws `MODEL_FILE_MISSING` with the ONNX files that the model has, `DOWNLOAD_FAILED`
 */
export async function provideTokenizerAndGraph(
  model: string,
  folder: ModelFolder,
  dtype: Dtype,
): Promise<void> {
  const weights = weightsFile(dtype);
  for (const file of ["tokenizer.json", "tokenizer_config.json", weights]) {
    if (await folder.provide(file)) continue;
    const hint = file === weights ? await otherGraphs(folder) : "";
    if (folder.offline) throw notInCache(model, file, folder, hint);
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      file === weights
        ? `${show(model)} has no ${weights}, the file of dtype ${dtype}.${hint}`
        : `${show(model)} has no ${file}, so it cannot tokenize texts. ` +
            "Use a repository made for Transformers.js.",
      { model, file, folder: folder.path, dtype },
    );
  }
}

/**
 * Makes sure that the files in which the graph keeps its weights are in the folder.
 *
 * @throws `MODEL_FILE_MISSING`, `DOWNLOAD_FAILED`
 */
export async function provideDataFiles(
  model: string,
  folder: ModelFolder,
  dtype: Dtype,
  dataFiles: readonly string[],
): Promise<void> {
  for (const file of dataFiles) {
    if (await folder.provide(file)) continue;
    if (folder.offline) throw notInCache(model, file, folder);
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${show(model)} has no ${file}, in which ${weightsFile(dtype)} keeps weights. ` +
        "Add the file under that name, or use another dtype.",
      { model, file, folder: folder.path, dtype },
    );
  }
}

export function notInCache(
  model: string,
  file: string,
  { path }: ModelFolder,
  hint = "",
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_FILE_MISSING",
    `${file} of ${show(model)} is not in the cache (${path}), and downloads are not possible: ` +
      "localFilesOnly or HF_HUB_OFFLINE is set, or the Hub cannot be reached. " +
      `Load the model once while online, with the same options.${hint}`,
    { model, file, folder: path },
  );
}

const maxListed = 10;

/** What to load instead of a missing graph; empty if the model has no ONNX file that is known. */
async function otherGraphs(folder: ModelFolder): Promise<string> {
  const graphs = (await folder.list()).filter((name) => name.endsWith(".onnx")).sort();
  const dtypes = (Object.keys(weightsSuffixes) as Dtype[]).filter((dtype) =>
    graphs.includes(weightsFile(dtype)),
  );
  const known = dtypes.map(weightsFile);
  const others = graphs.filter((name) => !known.includes(name));
  const dtypeHint =
    dtypes.length > 0 ? ` It has ${dtypes.join(", ")}: set the option \`dtype\`.` : "";
  if (others.length === 0) return dtypeHint;
  const listed = others.slice(0, maxListed).join(", ");
  const more = others.length > maxListed ? ` and ${others.length - maxListed} more` : "";
  return (
    `${dtypeHint} It has ONNX files with other names: ${listed}${more}. ` +
    "To use one, copy the model to a folder, rename the file to " +
    `${weightsFile("fp32")}, and load that folder with dtype "fp32".`
  );
}
