import { show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { type Dtype, weightsSuffixes } from "../runtime/dtype.ts";
import {
  type GraphFile,
  graphFileOfDtype,
  isStandard,
  parentOf,
  standardFolder,
} from "../runtime/graph-file.ts";
import { conversionOf } from "./families.ts";

const maxListed = 10;

/**
 * What to load instead of a missing ONNX file, a sentence for its error: the files that the model
 * has, each with the options that load it; or for a model as PyTorch loads it, where to get ONNX
 * files; or what to try if the server does not list its files.
 *
 * @param isNamed - whether the options name the file, rather than `dtype: "auto"`
 */
export async function otherGraphs(
  model: string,
  folder: Pick<ModelFolder, "list" | "offline" | "commit">,
  missing: GraphFile,
  isNamed: boolean,
): Promise<string> {
  const names = await folder.list();
  if (names.length === 0)
    return isStandard(missing) && !folder.offline ? possibleGraphs(missing, isNamed) : "";
  const graphs = names.filter((name) => name.endsWith(".onnx")).sort();
  if (graphs.length === 0)
    return names.some(isForPyTorch) ? whereToGet(model, folder.commit === null) : "";
  const options = new Map(graphs.map((path) => [path, optionsOf(path)]));
  // Files with a dtype first, since they need the least thought.
  const ofDtype = (path: string) => (options.get(path)!.startsWith("dtype") ? 0 : 1);
  const sorted = graphs.toSorted((a, b) => ofDtype(a) - ofDtype(b));
  const listed = sorted.slice(0, maxListed).map((path) => `${path} (set ${options.get(path)})`);
  const more = graphs.length > maxListed ? ` and ${graphs.length - maxListed} more` : "";
  return ` It has ${listed.join(", ")}${more}.`;
}

function possibleGraphs({ path }: GraphFile, isNamed: boolean): string {
  if (!isNamed)
    return (
      " Nor does it have the file of another dtype that fits the device. Add one, or name " +
      "another file with `dtype` or `modelFile`."
    );
  const others = commonDtypes.filter((dtype) => graphFileOfDtype(dtype).path !== path);
  const files = others.map(
    (dtype) => `${graphFileOfDtype(dtype).path} (set dtype: ${show(dtype)})`,
  );
  return (
    ` Other files may be there, such as ${files.join(" or ")}. ` +
    "Without `dtype`, the best one that is there is loaded."
  );
}

const commonDtypes = ["fp32", "q8", "q4"] as const;

/** Weights of a model, also in several files, as Sentence Transformers saves them. */
function isForPyTorch(name: string): boolean {
  return /^(model|pytorch_model)(-\d+-of-\d+)?\.(safetensors|bin)$/.test(name);
}

const exportPage =
  "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs/embed/export-onnx.md";

function whereToGet(model: string, isFolder: boolean): string {
  const conversion = conversionOf(model, isFolder);
  const itself = conversion === undefined ? "" : `Load ${show(conversion)}, which has. Or `;
  return (
    " It has weights for PyTorch, but no ONNX files. " +
    `${itself}${itself ? "export" : "Export"} it to ONNX: ${exportPage}.`
  );
}

/** The options that load a file, as they are written in code. */
function optionsOf(path: string): string {
  const dtypes = Object.keys(weightsSuffixes) as Dtype[];
  const standard = dtypes.find((dtype) => graphFileOfDtype(dtype).path === path);
  if (standard) return `dtype: ${show(standard)}`;
  const inRoot = dtypes.find((dtype) => graphFileOfDtype(dtype, "").path === path);
  if (inRoot) return `subfolder: "", dtype: ${show(inRoot)}`;
  const name = path.slice(0, -".onnx".length);
  const folder = parentOf(path);
  if (folder === standardFolder) return `modelFile: ${show(name.slice(folder.length + 1))}`;
  return folder === "" ? `subfolder: "", modelFile: ${show(name)}` : `modelFile: ${show(name)}`;
}
