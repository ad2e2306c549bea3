import { show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import { type Dtype, weightsSuffixes } from "../runtime/dtype.ts";
import { graphFileOfDtype, parentOf, standardFolder } from "../runtime/graph-file.ts";

const maxListed = 10;

/**
 * The ONNX files that a model has, each with the options that load it: a sentence for the error
 * about a missing one. Empty if none is known.
 */
export async function otherGraphs(folder: Pick<ModelFolder, "list">): Promise<string> {
  const graphs = (await folder.list()).filter((name) => name.endsWith(".onnx")).sort();
  if (graphs.length === 0) return "";
  const options = new Map(graphs.map((path) => [path, optionsOf(path)]));
  // Files with a dtype first, since they need the least thought.
  const ofDtype = (path: string) => (options.get(path)!.startsWith("dtype") ? 0 : 1);
  const sorted = graphs.toSorted((a, b) => ofDtype(a) - ofDtype(b));
  const listed = sorted.slice(0, maxListed).map((path) => `${path} (set ${options.get(path)})`);
  const more = graphs.length > maxListed ? ` and ${graphs.length - maxListed} more` : "";
  return ` It has ${listed.join(", ")}${more}.`;
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
