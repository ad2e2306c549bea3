import { copyFile, link, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stableJson } from "@embeddinggemma/internal";
import { digestText } from "../digest.ts";
import { derivedFile } from "../files/derived-files.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import type { GraphFile, KeptGraph } from "../runtime/graph-file.ts";
import { dequantizeWeights } from "./dequantize-weights.ts";
import { externalPlaceOf, type OnnxModel, parseOnnx, serializeOnnx } from "./onnx-model.ts";
import { writeNumbers } from "./write-numbers.ts";

/** Version of what is written here. Increase it with every change. */
const version = 2;

/** A larger graph has its weights inside. It is left as it is, since this one is held in memory. */
const maxGraphBytes = 2 ** 30;

const graphName = "model.onnx";
const numbersName = `${graphName}_data`;

/**
 * Size and time of the last change of the files, by their names. None if there is nothing to gain.
 * The time tells if a file that is shared with the model was overwritten.
 */
const contentsName = "contents.json";

/**
 * Makes the graph of {@link dequantizeWeights} once, and keeps it for the next process in a folder
 * with its weights in fp32, which ONNX Runtime maps into memory. They take four bytes for each
 * weight on disk. Data files that are used unchanged are hard links, or copies where these cannot
 * be made.
 *
 * @param dataFiles - files with weights of the graph, as paths in the model's folder
 * @returns null if there is nothing to gain, or no folder to keep it in
 * @throws the reason of `signal`; an error if the graph or a data file is damaged; that of the file
 * system if the graph cannot be kept
 */
export async function prepareGraph(
  model: Pick<ModelFolder, "path" | "derived" | "digest">,
  { path }: GraphFile,
  dataFiles: readonly string[],
  signal?: AbortSignal,
): Promise<KeptGraph | null> {
  const { derived } = model;
  const source = join(model.path, path);
  if (derived === null || (await stat(source)).size > maxGraphBytes) return null;
  const digests = await Promise.all([path, ...dataFiles].map((file) => model.digest(file)));
  const file = { name: "graph", digest: digestText(stableJson(digests)).slice(0, 32), version };
  const made = await derivedFile(derived, file, {
    read: readPrepared,
    async make(target) {
      await mkdir(target);
      const graph = parseOnnx(await readFile(source));
      const weights = hasDataOfInitializersOnly(graph, dataFiles)
        ? dequantizeWeights(graph, { constants: true })
        : null;
      const names = weights ? [graphName, numbersName] : [];
      if (weights) {
        const numbers = join(target, numbersName);
        await writeNumbers(weights, dirname(source), numbers, numbersName, signal);
        names.push(...(await shareDataFiles(graph, dirname(source), target)));
        await writeFile(join(target, graphName), serializeOnnx(graph));
      }
      await writeFile(join(target, contentsName), JSON.stringify(await contentsOf(target, names)));
    },
  });
  if (!made?.hasGraph) return null;
  return {
    folder: made.folder,
    file: { path: graphName, dtype: "fp32" },
    discard: () => rm(made.folder, { recursive: true, force: true }),
  };
}

interface PreparedFolder {
  readonly folder: string;
  /** False if there is nothing to gain for the model. */
  readonly hasGraph: boolean;
}

/** Returns null for a folder that is not complete. */
async function readPrepared(folder: string): Promise<PreparedFolder | null> {
  try {
    const text = await readFile(join(folder, contentsName), "utf8");
    const expected = Object.entries(JSON.parse(text) as Contents);
    const found = await contentsOf(
      folder,
      expected.map(([name]) => name),
    );
    const isComplete = expected.every(([name, contents]) => isUnchanged(contents, found[name]!));
    return isComplete ? { folder, hasGraph: expected.length > 0 } : null;
  } catch {
    return null;
  }
}

type Contents = Record<string, { size: number; mtimeMs: number }>;

async function contentsOf(folder: string, names: readonly string[]): Promise<Contents> {
  const contents = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return [name, { size, mtimeMs }] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

/** Images of containers, and archives, keep times without fractions of a second. */
function isUnchanged(expected: Contents[string], found: Contents[string]): boolean {
  const withoutFraction = Math.floor(expected.mtimeMs / 1000) * 1000;
  const isSameTime = [expected.mtimeMs, withoutFraction].includes(found.mtimeMs);
  return isSameTime && found.size === expected.size;
}

/** Whether every data file is that of an initializer: no other tensor is moved with its file. */
function hasDataOfInitializersOnly({ graph }: OnnxModel, dataFiles: readonly string[]): boolean {
  const places = graph?.initializer.map((tensor) => externalPlaceOf(tensor)?.location.value);
  return new Set(places?.filter((place) => place !== undefined)).size >= dataFiles.length;
}

/**
 * Gives the graph those data files that it still uses. ONNX Runtime 1.30 refuses a symbolic link
 * that leaves the graph's folder.
 *
 * @returns their new names
 */
async function shareDataFiles(
  { graph }: OnnxModel,
  source: string,
  target: string,
): Promise<readonly string[]> {
  const names = new Map<string, string>();
  for (const tensor of graph!.initializer) {
    const location = externalPlaceOf(tensor)?.location;
    if (!location || location.value === numbersName) continue;
    const name = names.get(location.value) ?? `weights_${names.size}`;
    names.set(location.value, name);
    location.value = name;
  }
  for (const [location, name] of names) {
    const from = await realpath(join(source, location));
    const to = join(target, name);
    await link(from, to).catch(() => copyFile(from, to));
  }
  return [...names.values()];
}
