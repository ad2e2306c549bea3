import { readSafetensors } from "@embeddinggemma/internal";
import { isInBrowser, openAdapterFolder } from "#platform";
import { isObject } from "../check.ts";
import { digestBytes } from "../digest.ts";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { jsonProblem } from "../files/json-problem.ts";
import type { HubOptions, ModelFolder } from "../files/model-folder.ts";
import type { AdapterParts } from "./adapter-parts.ts";
import { readManifest } from "./manifest.ts";

const manifestName = "adapter.json";
const weightsName = "adapter.safetensors";

/** More than the header of two tensors ever needs. */
const maxHeaderBytes = 65_536;

/**
 * Reads the files of an adapter, and checks them.
 *
 * @param name - a folder, a URL, or the id of a repository on the Hub
 * @throws `ADAPTER_INVALID`, `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`, `INVALID_ARGUMENT`; the reason
 * of `signal`
 */
export async function readAdapter(name: string, options: HubOptions): Promise<AdapterParts> {
  options.signal?.throwIfAborted();
  const folder = await openAdapterFolder(name, options);
  const invalid = (file: string, problem: string, cause?: unknown) =>
    new EmbeddingGemmaError(
      "ADAPTER_INVALID",
      `${file} of the adapter ${show(name)} ${problem}.`,
      { adapter: name, file },
      cause === undefined ? undefined : { cause },
    );
  const text = await folder.read(manifestName, true);
  if (text === null) throw await missing(name, manifestName, folder);
  const { digest, rank, ...manifest } = readManifest(parse(text, invalid), (...problem) =>
    invalid(manifestName, ...problem),
  );
  const { dimension } = manifest;
  const sizes: Record<string, readonly number[]> =
    rank === null
      ? { delta: [dimension, dimension] }
      : { a: [dimension, rank], b: [rank, dimension] };
  const expectedBytes = Object.values(sizes).reduce((sum, [m, n]) => sum + 4 * m! * n!, 0);
  const read = () => readWeights(name, folder, expectedBytes, invalid);
  let bytes = await read();
  // A damaged file in the cache is downloaded again.
  if (digestBytes(bytes) !== digest && (await folder.refetch(weightsName))) bytes = await read();
  options.signal?.throwIfAborted();
  if (digestBytes(bytes) !== digest) {
    const problem =
      `is not the file that ${manifestName} describes: its SHA-256 is another. One of the two is ` +
      "damaged, or of another adapter. Copy or save the folder again";
    throw invalid(weightsName, problem);
  }
  const fail = (problem: string, cause?: unknown) => invalid(weightsName, problem, cause);
  const tensors = readSafetensors(bytes, fail);
  const names = [...tensors.keys()].sort().join(", ");
  if (names !== Object.keys(sizes).join(", "))
    throw fail(`has the tensors ${names || "(none)"}, not ${Object.keys(sizes).join(" and ")}`);
  for (const [tensor, { shape }] of tensors) {
    if (shape.join() === sizes[tensor]!.join()) continue;
    const [is, should] = [shape, sizes[tensor]!].map((size) => `[${size.join(", ")}]`);
    throw fail(`has ${tensor} of the shape ${is}, but ${manifestName} says ${should}`);
  }
  const data = (tensor: string) => tensors.get(tensor)!.data;
  const weights = rank === null ? { delta: data("delta") } : { a: data("a"), b: data("b") };
  return { ...manifest, weights };
}

type Invalid = (file: string, problem: string, cause?: unknown) => EmbeddingGemmaError;

function parse(text: string, invalid: Invalid): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(manifestName, jsonProblem(text, cause), cause);
  }
  if (isObject(value)) return value;
  throw invalid(manifestName, `contains ${show(value)} instead of an object`);
}

async function readWeights(
  name: string,
  folder: ModelFolder,
  expectedBytes: number,
  invalid: Invalid,
): Promise<Uint8Array> {
  const file = (await folder.provide(weightsName, true)) ? await folder.open(weightsName) : null;
  if (!file) throw await missing(name, weightsName, folder);
  try {
    const { size } = file;
    if (size > expectedBytes + maxHeaderBytes) {
      const problem = `has ${size} bytes, but ${manifestName} describes ${expectedBytes}`;
      throw invalid(weightsName, `${problem}. It is another file`);
    }
    const bytes = await file.read(0, size);
    if (size >= expectedBytes) return bytes;
    const problem = `has only ${size} bytes, but ${manifestName} describes ${expectedBytes}`;
    throw invalid(weightsName, `${problem}. It is incomplete: copy it again`);
  } finally {
    await file.close();
  }
}

/** The error for a missing file, which says what is there instead. */
async function missing(
  name: string,
  file: string,
  folder: ModelFolder,
): Promise<EmbeddingGemmaError> {
  const files = await folder.list().catch(() => []);
  const reason = `${show(name)} has no ${file}.`;
  const answer = folder.whyMissing?.(file) ?? "";
  const message = `${reason} ${adviceOn(files, file, folder)} ${answer}`.trimEnd();
  return new EmbeddingGemmaError("ADAPTER_INVALID", message, {
    adapter: name,
    file,
    files,
    reason,
  });
}

function adviceOn(files: readonly string[], file: string, { offline }: ModelFolder): string {
  const has = (pattern: RegExp) => files.some((name) => pattern.test(name));
  if (has(/^adapter_(config\.json|model\.(safetensors|bin))$/)) {
    return (
      "It is an adapter of PEFT, such as LoRA, which changes the layers of a model. In Python, " +
      "merge it into its model (`merge_and_unload`), and export that to ONNX."
    );
  }
  if (has(/^(config|modules)\.json$/)) {
    return (
      "It is a model, not an adapter: pass it to Embedder.load as the model. An adapter is a " +
      `folder with ${manifestName} and ${weightsName}.`
    );
  }
  const inner = files.find((path) => path.endsWith(`/${manifestName}`))?.split("/")[0];
  if (inner) return `The folder ${inner} in it has one: pass that.`;
  if (offline) {
    return isInBrowser
      ? "It is not in the cache, and `localFilesOnly` is set. Load the adapter once without it."
      : "It is not in the cache, and downloads are disabled or the Hub cannot be reached. Load " +
          "the adapter once while online.";
  }
  const other = file === manifestName ? weightsName : manifestName;
  return files.length === 0 || files.includes(other)
    ? `An adapter is a folder with ${manifestName} and ${weightsName}: copy both files.`
    : `An adapter is a folder with ${manifestName} and ${weightsName}.`;
}
