import { EmbeddingGemmaError, show } from "./errors.ts";
import type { PoolingMode } from "./model-description.ts";
import { invalidFile, type Json, type ModelFiles, unsupported } from "./model-files.ts";

/** What the modules of `modules.json` do with the tokens. */
export interface ModelModules {
  /** Folder of the transformer's own settings, empty for the root. */
  readonly transformerPath: string;
  readonly pooling: readonly PoolingMode[];
  readonly includePrompt: boolean;
  /** Layers behind the pooling that only the graph can apply: Dense and LayerNorm. */
  readonly denseLayers: number;
  readonly normalized: boolean;
  /** Length of a full vector, if the modules tell it. */
  readonly dimension: number | undefined;
}

/**
 * Reads `modules.json` and the modules' own `config.json`, in the forms that Sentence Transformers 1 to 6 wrote.
 *
 * @returns null where there is no `modules.json`
 * @throws `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`, `MODEL_NOT_DESCRIBED` for a module that is not supported
 */
export async function readModules(files: ModelFiles): Promise<ModelModules | null> {
  const list = (await files.readJson("modules.json")) as unknown as ModuleEntry[] | null;
  if (list === null) return null;
  if (!Array.isArray(list)) throw invalidFile(files.model, "modules.json", "is not a list of modules");
  const modules = { ...noModules };
  for (const { path, type } of list) {
    checkPath(files, path);
    const read = moduleReaders[kindOf(type) ?? ""];
    if (!read) throw unsupported(files.model, "modules.json", `names the module ${show(type)}`);
    await read(files, path, modules);
  }
  if (modules.pooling.length === 0) throw unsupported(files.model, "modules.json", "names no Pooling module");
  return modules;
}

/** Files are fetched and written by these names, so none may lead out of the repository. */
function checkPath({ model }: ModelFiles, path: unknown): void {
  if (typeof path === "string" && !/^[\\/]|(^|[\\/])\.\.([\\/]|$)|:/.test(path)) return;
  throw invalidFile(model, "modules.json", `has the path ${show(path)}, which is no folder of the repository`);
}

interface ModuleEntry {
  readonly path: string;
  readonly type: string;
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

/** `Pooling` of `sentence_transformers.models.Pooling` and of release 6's module paths; null for code that is not the library's. */
function kindOf(type: string): string | null {
  return type.startsWith("sentence_transformers.") ? (type.split(".").at(-1) ?? null) : null;
}

type ReadModule = (files: ModelFiles, path: string, modules: MutableModules) => void | Promise<void>;

const moduleReaders: Readonly<Record<string, ReadModule>> = {
  Transformer(_files, path, modules) {
    modules.transformerPath = path;
  },
  async Pooling(files, path, modules) {
    const config = await moduleConfig(files, path);
    modules.pooling = poolingModes(files, `${path}/config.json`, config);
    modules.includePrompt = (config.include_prompt as boolean | undefined) ?? true;
    const width = Number(config.embedding_dimension ?? config.word_embedding_dimension);
    if (width > 0) modules.dimension = modules.pooling.length * width;
  },
  async Dense(files, path, modules) {
    const { out_features, module_input_name = "sentence_embedding" } = await moduleConfig(files, path);
    if (module_input_name !== "sentence_embedding") {
      throw unsupported(files.model, `${path}/config.json`, `puts a Dense layer on ${show(module_input_name)}`);
    }
    modules.denseLayers++;
    modules.dimension = Number(out_features);
  },
  LayerNorm(_files, _path, modules) {
    modules.denseLayers++;
  },
  Dropout() {
    // Does nothing but in training.
  },
  Normalize(_files, _path, modules) {
    // Before the pooling there is nothing yet that it would normalise.
    modules.normalized = modules.pooling.length > 0;
  },
};

async function moduleConfig({ model, readJson }: ModelFiles, path: string): Promise<Json> {
  const file = `${path}/config.json`;
  const config = await readJson(file);
  if (config !== null) return config;
  throw new EmbeddingGemmaError(
    "MODEL_FILE_MISSING",
    `modules.json of ${show(model)} names ${file}, which is not there. Copy it from the original repository.`,
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

/** Order and names of `_LEGACY_POOLING_MODE_KWARGS` in Sentence Transformers' `pooling.py`. */
const legacyPoolingModes: Readonly<Record<string, PoolingMode>> = {
  pooling_mode_cls_token: "cls",
  pooling_mode_max_tokens: "max",
  pooling_mode_mean_tokens: "mean",
  pooling_mode_mean_sqrt_len_tokens: "mean_sqrt_len_tokens",
  pooling_mode_weightedmean_tokens: "weightedmean",
  pooling_mode_lasttoken: "lasttoken",
};

function poolingModes({ model }: ModelFiles, file: string, config: Json): readonly PoolingMode[] {
  if (config.pooling_mode !== undefined) {
    const modes = [config.pooling_mode].flat() as PoolingMode[];
    if (modes.length > 0 && modes.every((mode) => poolingModeNames.includes(mode))) return modes;
    throw invalidFile(model, file, `has the pooling_mode ${JSON.stringify(config.pooling_mode)}`);
  }
  const active = Object.entries(legacyPoolingModes).filter(([key]) => config[key]);
  return active.length > 0 ? active.map(([, name]) => name) : ["mean"];
}
