import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { reasonOf } from "@embeddinggemma/internal";
import { isRecord } from "../check.ts";

/** A module in `modules.json`. */
export interface ModuleEntry {
  readonly idx: number;
  readonly name: string;
  readonly path: string;
  readonly type: string;
}

/** A model in a folder of Sentence Transformers. */
interface SavedModel {
  readonly modules: readonly ModuleEntry[];
  /** Whether its vectors have unit length. */
  readonly endsWithNormalize: boolean;
  /** Length of its vectors; undefined if its files do not say it in a form that is known. */
  readonly dimension: number | undefined;
}

/**
 * Reads what the folder of a model says about its modules.
 *
 * @throws `MODEL_NOT_FOUND`, `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`
 */
export async function readModel(folder: string): Promise<SavedModel> {
  const stats = await stat(folder).catch(() => null);
  if (!stats?.isDirectory()) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `There is no folder ${folder}. \`base\` is the folder of a model for Sentence ` +
        "Transformers: download it first, such as with `hf download <id> --local-dir <folder>`.",
      { folder },
    );
  }
  const modules = await readModules(folder);
  await checkWeights(folder, modules[0]!);
  const names = modules.map(({ type }) => type.split(".").at(-1)!);
  return {
    modules,
    endsWithNormalize: names.at(-1) === "Normalize",
    dimension: await dimensionOf(folder, modules, names),
  };
}

async function readModules(folder: string): Promise<ModuleEntry[]> {
  const modules = await readJson(folder, "modules.json");
  if (modules === undefined) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      `${folder} has no modules.json, so it is not the folder of a model for Sentence ` +
        "Transformers. A repository with ONNX files alone is none: take the one that it was " +
        "converted from.",
      { folder, file: "modules.json" },
    );
  }
  if (Array.isArray(modules) && modules.length > 0 && modules.every(isEntry)) return modules;
  throw invalidFile(folder, "modules.json", "is not a list of modules, each with idx, path, type");
}

/** Folders for ONNX Runtime can have all other files. */
async function checkWeights(folder: string, { path }: ModuleEntry): Promise<void> {
  const names = await readdir(join(folder, path)).catch(() => []);
  if (names.some((name) => /\.(safetensors|bin)$/.test(name))) return;
  throw new EmbeddingGemmaError(
    "MODEL_FILE_MISSING",
    `${join(folder, path)} has no weights for PyTorch, such as model.safetensors. If it was made ` +
      "for ONNX Runtime, take the model that it was converted from.",
    { folder, file: join(path, "model.safetensors") },
  );
}

function isEntry(value: unknown): value is ModuleEntry {
  return isRecord(value) && typeof value.path === "string" && typeof value.type === "string";
}

/** That of the last module that says it. */
async function dimensionOf(
  folder: string,
  modules: readonly ModuleEntry[],
  names: readonly string[],
): Promise<number | undefined> {
  for (const [index, { path }] of [...modules.entries()].reverse()) {
    const name = names[index]!;
    if (name !== "Dense" && name !== "Pooling") continue;
    const config = await readJson(folder, join(path, "config.json"));
    if (!isRecord(config)) return undefined;
    if (name === "Dense") return countIn(config.out_features);
    const modes = Object.entries(config).filter(
      ([key, value]) => key.startsWith("pooling_mode_") && value === true,
    );
    const size = countIn(config.word_embedding_dimension ?? config.embedding_dimension);
    return modes.length > 1 ? undefined : size;
  }
  return undefined;
}

function countIn(value: unknown): number | undefined {
  return Number.isInteger(value) ? (value as number) : undefined;
}

async function readJson(folder: string, file: string): Promise<unknown> {
  const text = await readFile(join(folder, file), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw invalidFile(folder, file, `cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalidFile(folder, file, `is not valid JSON (${reasonOf(error)})`);
  }
}

function invalidFile(folder: string, file: string, problem: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError("MODEL_FILE_INVALID", `${file} of ${folder} ${problem}.`, {
    folder,
    file,
  });
}
