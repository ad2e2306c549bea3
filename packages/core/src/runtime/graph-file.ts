import { EmbeddingGemmaError, show } from "../errors.ts";
import { type Dtype, weightsSuffixes } from "./dtype.ts";

/** The ONNX file of a model: one of a dtype, or one that was named. */
export interface GraphFile {
  /** Path in the model's folder, such as `onnx/model_quantized.onnx`. */
  readonly path: string;
  /** Number format of its weights, as far as its name says; else `"fp32"`. */
  readonly dtype: Dtype;
}

/** A graph that runs in place of the model's own. Its data files are beside it. */
export interface PreparedGraph {
  /** A path, or the URL of a folder whose files are in the cache of Transformers.js. */
  readonly folder: string;
  readonly file: GraphFile;
}

/** A prepared graph that was kept, perhaps by another process. */
export interface KeptGraph extends PreparedGraph {
  /** Deletes it if the runtime refused it: it may be damaged. */
  discard(): Promise<void>;
}

/** The options that choose an ONNX file. */
export interface GraphFileOptions {
  /** `"auto"` is the same as none. */
  dtype?: Dtype | "auto" | undefined;
  modelFile?: string | undefined;
  subfolder?: string | undefined;
}

/** What repositories for Transformers.js call the file of a model, without dtype and extension. */
const standardName = "model";

/** The folder of ONNX files in repositories for Transformers.js and Sentence Transformers. */
export const standardFolder = "onnx";

const extension = ".onnx";

/**
 * The file that the options name; null if they name neither a dtype nor a file.
 *
 * - `modelFile` alone names the file, with or without `.onnx`, as in Sentence Transformers. With
 *   folders, it is the path in the model's folder.
 * - With a `dtype`, a name without one gets its suffix, as in Transformers.js.
 *
 * @throws `INVALID_ARGUMENT` if the options contradict each other
 */
export function namedGraphFile(options: GraphFileOptions): GraphFile | null {
  const { modelFile, subfolder } = options;
  const dtype = options.dtype === "auto" ? undefined : options.dtype;
  if (modelFile === undefined) return dtype ? graphFileOfDtype(dtype, subfolder) : null;
  const folder = folderOf(modelFile, subfolder);
  const name = modelFile.slice(modelFile.lastIndexOf("/") + 1);
  const stem = withoutExtension(name);
  const named = dtypeInName(stem);
  if (named !== undefined && dtype !== undefined && dtype !== named) {
    throw contradiction(
      `\`modelFile\` ${show(modelFile)} is a file of dtype ${named}, ` +
        `and the option \`dtype\` is ${show(dtype)}. Leave one of them out.`,
      { modelFile, dtype },
    );
  }
  const suffix = named === undefined ? suffixFor(dtype) : "";
  if (suffix !== "" && stem !== name) {
    throw contradiction(
      `\`modelFile\` ${show(modelFile)} is the whole name of a file, so ` +
        `\`dtype: ${show(dtype)}\` cannot take effect. Leave \`dtype\` out, or set \`modelFile\` ` +
        `to ${show(withoutExtension(modelFile))} to load ${stem}${suffix}${extension}.`,
      { modelFile, dtype },
    );
  }
  return {
    path: pathOf(folder, `${stem}${suffix}${extension}`),
    dtype: named ?? dtype ?? "fp32",
  };
}

/** The file of a dtype, named as in repositories for Transformers.js. */
export function graphFileOfDtype(dtype: Dtype, subfolder: string = standardFolder): GraphFile {
  const name = `${standardName}${weightsSuffixes[dtype]}${extension}`;
  return { path: pathOf(withoutSlash(subfolder), name), dtype };
}

/** Whether `dtype` alone would choose this file. */
export function isStandard({ path, dtype }: GraphFile): boolean {
  return path === graphFileOfDtype(dtype).path;
}

/** Completes sentences about a file, such as "could not load the model …". */
export function described(file: GraphFile): string {
  return isStandard(file) ? `with dtype ${file.dtype}` : `from ${file.path}`;
}

/**
 * Path of a data file, which contains weights that are not in the graph itself, as Transformers.js
 * names it. A graph may name its data files in another way.
 */
export function dataFileOf({ path }: GraphFile, index: number): string {
  return `${path}_data${index === 0 ? "" : `_${index}`}`;
}

/** The options of Transformers.js that load a file. */
export interface TransformersFile {
  readonly subfolder: string;
  readonly model_file_name: string;
  readonly dtype: Dtype;
}

/** Transformers.js appends the suffix of a dtype to the name. */
export function transformersFileOf({ path, dtype }: GraphFile): TransformersFile {
  const name = withoutExtension(path.slice(path.lastIndexOf("/") + 1));
  const suffix = weightsSuffixes[dtype];
  const subfolder = parentOf(path);
  return name.endsWith(suffix)
    ? { subfolder, model_file_name: name.slice(0, name.length - suffix.length), dtype }
    : { subfolder, model_file_name: name, dtype: "fp32" };
}

/** The folder of a file, without a slash at the end; empty for a file in the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** Whether a path stays in the folder that it starts from. */
export function isInnerPath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file has such a name
  if (/[\\\x00-\x1f]|^[a-z]:/i.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

export function withoutSlash(folder: string): string {
  return folder.replace(/\/$/, "");
}

function pathOf(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function folderOf(modelFile: string, subfolder: string | undefined): string {
  if (!modelFile.includes("/")) return withoutSlash(subfolder ?? standardFolder);
  if (!subfolder) return parentOf(modelFile);
  throw contradiction(
    `\`modelFile\` ${show(modelFile)} already names a folder, ` +
      `and \`subfolder\` is ${show(subfolder)}. Leave \`subfolder\` out.`,
    { modelFile, subfolder },
  );
}

function withoutExtension(name: string): string {
  return name.endsWith(extension) ? name.slice(0, -extension.length) : name;
}

function suffixFor(dtype: Dtype | undefined): string {
  return dtype === undefined ? "" : weightsSuffixes[dtype];
}

/** Other spellings, of the files that Sentence Transformers and Optimum write. */
const spellings: readonly (readonly [RegExp, Dtype])[] = [
  [/[_-]qint8(?![a-z0-9])/i, "int8"],
  [/[_-]quint8(?![a-z0-9])/i, "uint8"],
  // Optimum's fourth level of optimization converts to half precision.
  [/[_-]O4$/, "fp16"],
];

/** The dtype that the name of a file states, if any. */
function dtypeInName(stem: string): Dtype | undefined {
  const dtypes = Object.keys(weightsSuffixes) as Dtype[];
  const suffixed = dtypes.find(
    (dtype) => weightsSuffixes[dtype] !== "" && stem.endsWith(weightsSuffixes[dtype]),
  );
  return suffixed ?? spellings.find(([pattern]) => pattern.test(stem))?.[1];
}

function contradiction(message: string, details: Record<string, unknown>): EmbeddingGemmaError {
  return new EmbeddingGemmaError("INVALID_ARGUMENT", message, details);
}
