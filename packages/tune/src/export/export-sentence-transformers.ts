import { cp, mkdir, mkdtemp, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Adapter, EmbeddingGemmaError } from "@embeddinggemma/core";
import { show, writeSafetensors } from "@embeddinggemma/internal";
import { absolutePath, makeFolder, pathRule } from "@embeddinggemma/internal/node";
import { checker, checkOptions, invalidArgument, isRecord, type Rules } from "../check.ts";
import { namesIn } from "./names-in.ts";
import { type ModuleEntry, readModel } from "./read-model.ts";

/** Options of {@link exportSentenceTransformers}. */
export interface ExportOptions {
  /**
   * Folder of the model that the adapter was trained for, as Sentence Transformers saves it, with
   * the weights for PyTorch.
   */
  base: string | URL;
  /** The folder to write. It must not exist, or be empty. */
  output: string | URL;
}

/**
 * Writes a model for Sentence Transformers in Python: the base model with the adapter as further
 * modules. An adapter for both sides is a Dense module; one for queries is a Router, so that
 * `encode_query` applies it and `encode_document` does not. Needs Sentence Transformers 5 or later
 * for a Router.
 *
 * ONNX and OpenVINO files are left out, since they do not contain the adapter.
 *
 * @example
 * await exportSentenceTransformers(adapter, {
 *   base: "./embeddinggemma-300m", // hf download google/embeddinggemma-300m
 *   output: "./embeddinggemma-planets",
 * });
 *
 * @throws {@link EmbeddingGemmaError}: `MODEL_NOT_FOUND`, `MODEL_FILE_MISSING`,
 * `MODEL_FILE_INVALID` if `base` is not the folder of such a model; `ADAPTER_MISMATCH` if its
 * vectors have another length; `INVALID_ARGUMENT`, also if `output` is not empty
 */
export async function exportSentenceTransformers(
  adapter: Adapter,
  options: ExportOptions,
): Promise<void> {
  checkAdapter(adapter);
  checkOptions(options, exportRules);
  const base = absolutePath(options.base, checker);
  const output = absolutePath(options.output, checker);
  const model = await readModel(base);
  if (model.dimension !== undefined && model.dimension !== adapter.dimension) {
    throw new EmbeddingGemmaError(
      "ADAPTER_MISMATCH",
      `The adapter is for vectors of ${adapter.dimension} numbers, but those of ${base} have ` +
        `${model.dimension}. It was made for ${show(adapter.base.model)}.`,
      { expected: adapter.dimension, dimension: model.dimension, base },
    );
  }
  await checkOutput(base, output);
  await makeFolder(dirname(output));
  const partial = await mkdtemp(join(dirname(output), `.${basename(output)}-`));
  try {
    await copyModel(base, partial);
    const modules: ModuleEntry[] = [...model.modules];
    for (const files of adapterModules(adapter, model.endsWithNormalize)) {
      const { name, type } = files;
      const path = `${modules.length}_${name}`;
      for (const [file, content] of Object.entries(files.content)) {
        await mkdir(dirname(join(partial, path, file)), { recursive: true });
        await writeFile(join(partial, path, file), content);
      }
      if (Object.keys(files.content).length === 0) await mkdir(join(partial, path));
      modules.push({ idx: modules.length, name: `${modules.length}`, path, type });
    }
    await writeFile(join(partial, "modules.json"), json(modules));
    await rmdir(output).catch(() => {}); // An empty one; rename fails for any other.
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** A module to write: its files, by their paths in its folder. */
interface NewModule {
  readonly name: string;
  readonly type: string;
  readonly content: Readonly<Record<string, string | Uint8Array>>;
}

/** Names that all releases of Sentence Transformers with such a module know. */
const typeOf = (name: string) => `sentence_transformers.models.${name}`;

function adapterModules(adapter: Adapter, normalizes: boolean): readonly NewModule[] {
  const dense: NewModule = {
    name: "Dense",
    type: typeOf("Dense"),
    content: {
      "config.json": json({
        in_features: adapter.dimension,
        out_features: adapter.dimension,
        bias: false,
        activation_function: "torch.nn.modules.linear.Identity",
      }),
      "model.safetensors": weightsOf(adapter),
    },
  };
  const normalize: NewModule = { name: "Normalize", type: typeOf("Normalize"), content: {} };
  const changed = normalizes ? [dense, normalize] : [dense];
  if (adapter.sides === "both") return changed;
  // A route needs a module. Without a probability, Dropout changes nothing, in training either.
  const unchanged: NewModule = {
    name: "Dropout",
    type: typeOf("Dropout"),
    content: { "config.json": json({ dropout: 0 }) },
  };
  return [routerOf({ query: changed, document: [unchanged] })];
}

/** A module that applies other modules, which depend on the task of a call. */
function routerOf(routes: Readonly<Record<string, readonly NewModule[]>>): NewModule {
  const types: Record<string, string> = {};
  const structure: Record<string, string[]> = {};
  const content: Record<string, string | Uint8Array> = {};
  for (const [route, modules] of Object.entries(routes)) {
    structure[route] = modules.map((module, index) => {
      const id = `${route}_${index}_${module.name}`;
      types[id] = module.type;
      for (const [file, data] of Object.entries(module.content)) content[`${id}/${file}`] = data;
      return id;
    });
  }
  const parameters = { default_route: "document", allow_empty_key: true };
  content["router_config.json"] = json({ types, structure, parameters });
  return { name: "Router", type: typeOf("Router"), content };
}

/** torch computes x·Wᵀ, so W is the transpose of 1 + Δ. */
function weightsOf(adapter: Adapter): Uint8Array {
  const { dimension } = adapter;
  const delta = adapter.delta();
  const data = new Float32Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    for (let column = 0; column < dimension; column++) {
      const change = delta[row * dimension + column]!;
      data[column * dimension + row] = row === column ? 1 + change : change;
    }
  }
  return writeSafetensors({ "linear.weight": { shape: [dimension, dimension], data } });
}

/** Files that compute vectors without the adapter. */
const otherRuntimes = /(^|[\\/])(onnx|openvino)$|\.(onnx|onnx_data)$/;

async function copyModel(base: string, to: string): Promise<void> {
  await cp(base, to, {
    recursive: true,
    // A snapshot in the Hub's cache consists of links.
    dereference: true,
    filter: (source) => {
      const path = source.slice(base.length);
      return !otherRuntimes.test(path) && !/(^|[\\/])(\.git|\.cache)$/.test(path);
    },
  });
}

async function checkOutput(base: string, output: string): Promise<void> {
  if (`${output}/`.startsWith(`${base}/`)) {
    throw invalidArgument("output", output, "a folder outside that of the base model");
  }
  const names = await namesIn(output, "output");
  if (names.length === 0) return;
  const hint = "Choose another folder, or delete this one first.";
  throw invalidArgument("output", output, "a folder that does not exist or is empty", hint);
}

const exportRules: Rules<ExportOptions> = {
  base: { ...pathRule, required: true },
  output: { ...pathRule, required: true },
};

/** Not `instanceof`: two copies of the package may be installed. */
function checkAdapter(adapter: unknown): void {
  if (isRecord(adapter) && typeof adapter.delta === "function") return;
  const hint =
    typeof adapter === "string" ? "Load it first: `await Adapter.load(folder)`." : undefined;
  throw invalidArgument("adapter", adapter, "an Adapter", hint);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
