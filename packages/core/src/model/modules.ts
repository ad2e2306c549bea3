import { EmbeddingGemmaError, show } from "../errors.ts";
import { invalidFile, type JsonObject, type ModelFiles, unsupported } from "./json-file.ts";

/** How hidden states become one vector, named as in Sentence Transformers. */
export type PoolingMode =
  | "cls"
  | "max"
  | "mean"
  | "mean_sqrt_len_tokens"
  | "weightedmean"
  | "lasttoken";

/** What the modules in `modules.json` do. */
export interface ModelModules {
  /** Folder with the settings of the Transformer module; empty for the root. */
  readonly transformerPath: string;
  readonly pooling: readonly PoolingMode[];
  readonly includePrompt: boolean;
  /** Number of Dense and LayerNorm modules, which only the ONNX graph can apply. */
  readonly denseLayers: number;
  /** Whether the last module that changes vectors is Normalize. */
  readonly normalized: boolean;
  /** Length of a full vector, if the modules say it. */
  readonly dimension: number | undefined;
}

/**
 * Reads `modules.json` and the `config.json` of each module, in all formats of Sentence
 * Transformers 1 to 6.
 *
 * @returns null if there is no `modules.json`
 * @throws `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`; `MODEL_NOT_DESCRIBED` for an unsupported
 * module
 */
export async function readModules(files: ModelFiles): Promise<ModelModules | null> {
  const entries = await files.readObjects("modules.json");
  if (entries === null) return null;
  const modules = { ...noModules };
  for (const entry of entries) {
    const path = pathOf(entry);
    const type = entry.text("type");
    if (type === undefined) throw entry.invalid("type", "the name of a module");
    const kind = kindOf(type);
    if (kind === null) throw unsupported(entry, `uses the module ${show(type)}`);
    await moduleReaders[kind](files, path, modules);
  }
  if (modules.pooling.length === 0) {
    throw unsupported({ model: files.model, file: "modules.json" }, "has no Pooling module");
  }
  return modules;
}

/** The path becomes part of URLs and local paths, so it must not lead out of the repository. */
function pathOf(entry: JsonObject): string {
  const path = entry.text("path");
  if (path !== undefined && !/^[\\/]|(^|[\\/])\.\.([\\/]|$)|:/.test(path)) return path;
  throw entry.invalid("path", "a folder of the repository");
}

type MutableModules = { -readonly [key in keyof ModelModules]: ModelModules[key] };

const noModules: ModelModules = {
  transformerPath: "",
  pooling: [],
  includePrompt: true,
  denseLayers: 0,
  normalized: false,
  dimension: undefined,
};

/**
 * The class name, such as `Pooling` of `sentence_transformers.models.Pooling`, or of the longer
 * paths of release 6. Null for classes that are unknown or not from Sentence Transformers.
 */
function kindOf(type: string): keyof typeof moduleReaders | null {
  const kind = type.split(".").at(-1)!;
  const isKnown = type.startsWith("sentence_transformers.") && Object.hasOwn(moduleReaders, kind);
  return isKnown ? (kind as keyof typeof moduleReaders) : null;
}

type ReadModule = (
  files: ModelFiles,
  path: string,
  modules: MutableModules,
) => void | Promise<void>;

const moduleReaders = {
  Transformer(_files, path, modules) {
    modules.transformerPath = path;
  },
  async Pooling(files, path, modules) {
    const config = await moduleConfig(files, path);
    modules.pooling = poolingModes(config);
    modules.includePrompt = config.flag("include_prompt") ?? true;
    const width = config.size("embedding_dimension") ?? config.size("word_embedding_dimension");
    if (width !== undefined) modules.dimension = modules.pooling.length * width;
  },
  async Dense(files, path, modules) {
    const config = await moduleConfig(files, path);
    const input = config.text("module_input_name") ?? "sentence_embedding";
    if (input !== "sentence_embedding")
      throw unsupported(config, `applies a Dense layer to ${show(input)}`);
    const dimension = config.size("out_features");
    if (dimension === undefined)
      throw config.invalid("out_features", "a whole number of at least 1");
    modules.denseLayers++;
    modules.dimension = dimension;
    modules.normalized = false;
  },
  LayerNorm(_files, _path, modules) {
    modules.denseLayers++;
    modules.normalized = false;
  },
  Dropout() {
    // Only has an effect in training.
  },
  Normalize(_files, _path, modules) {
    // Before the pooling, there is no vector to normalize.
    modules.normalized = modules.pooling.length > 0;
  },
} satisfies Readonly<Record<string, ReadModule>>;

async function moduleConfig({ model, readObject }: ModelFiles, path: string): Promise<JsonObject> {
  const file = `${path}/config.json`;
  const config = await readObject(file);
  if (config !== null) return config;
  throw new EmbeddingGemmaError(
    "MODEL_FILE_MISSING",
    `modules.json of ${show(model)} refers to ${file}, which does not exist. ` +
      "Copy it from the original repository.",
    { model, file },
  );
}

export const poolingModeNames: readonly PoolingMode[] = [
  "cls",
  "max",
  "mean",
  "mean_sqrt_len_tokens",
  "weightedmean",
  "lasttoken",
];

/** As `_LEGACY_POOLING_MODE_KWARGS` in Sentence Transformers' `pooling.py`, in the same order. */
const legacyPoolingModes: Readonly<Record<string, PoolingMode>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

function poolingModes({ model, file, fields }: JsonObject): readonly PoolingMode[] {
  if (fields.pooling_mode !== undefined) {
    const modes = [fields.pooling_mode].flat() as PoolingMode[];
    if (modes.length > 0 && modes.every((mode) => poolingModeNames.includes(mode))) return modes;
    throw invalidFile(model, file, `has the pooling_mode ${JSON.stringify(fields.pooling_mode)}`);
  }
  const active = Object.entries(legacyPoolingModes).filter(([key]) => fields[key]);
  return active.length > 0 ? active.map(([, name]) => name) : ["mean"];
}
