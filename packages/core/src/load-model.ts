import { loadWorkerBackend, openModelFolder } from "#platform";
import type { Backend } from "./backend.ts";
import { EmbeddingGemmaError, show } from "./errors.ts";
import type { DownloadProgress, HubOptions } from "./hub-snapshot.ts";
import { modelIdentity, sourceOf } from "./identity.ts";
import { InferenceQueue } from "./inference-queue.ts";
import { type DescriptionOverrides, describeModel, type ModelDescription } from "./model-description.ts";
import type { ModelFolder } from "./model-folder.ts";
import { type Dtype, loadTransformersBackend, weightsFile, weightsSuffixes } from "./transformers-backend.ts";

/** Where a model comes from and how it runs. */
export interface LoadModelOptions extends HubOptions, DescriptionOverrides {
  /**
   * Type of the weights. What a model cannot do, such as fp16 for embeddinggemma-300m, is an error.
   * @default "q8"
   */
  dtype?: Dtype;
  /**
   * Where the model runs, as Transformers.js names it: `"cpu"`, `"webgpu"`, `"wasm"`, `"cuda"`, `"dml"` or `"coreml"`.
   * @default Transformers.js's choice, `"cpu"` in Node
   */
  device?: string;
  /** Threads that one inference uses. @default ONNX Runtime's choice, the number of cores */
  threads?: number;
  /** Options of the ONNX Runtime session, passed through. */
  sessionOptions?: Record<string, unknown>;
  /**
   * Run the model in a worker thread, so that inference and tokenizing leave the event loop free; Node only. With Transformers.js 3, whose
   * runtime does not bear several threads, in a process of its own.
   * @default false
   */
  worker?: boolean;
}

/** A model ready to run. */
export interface LoadedModel {
  readonly backend: Backend;
  readonly description: ModelDescription;
  readonly queue: InferenceQueue;
  readonly dtype: Dtype;
  /** Identity of the full vectors; see `identity.ts`. */
  readonly identity: string;
}

/** Loads a model from a folder or the Hub, with everything checked that can be checked before the first text. */
export async function loadModel(model: string, options: LoadModelOptions): Promise<LoadedModel> {
  const dtype = options.dtype ?? "q8";
  const folder = await openModelFolder(model, options);
  const description = await describeModel(model, (name) => folder.read(name), options);
  refuseDtype(model, dtype, options.device, description);
  const externalData = await provideWeights(model, folder, dtype);
  const { device, threads } = options;
  const sessionOptions = { ...(threads && { intraOpNumThreads: threads }), ...options.sessionOptions };
  const { lowerCase } = description;
  const runtimeOptions = { dtype, sessionOptions, externalData, lowerCase, ...(device && { device }) };
  const load = () =>
    options.worker
      ? loadWorkerBackend(folder.path, runtimeOptions, options.signal)
      : loadTransformersBackend(folder.path, runtimeOptions);
  const backend = await load().catch(async (error: unknown) => {
    // A file that was cut or changed in the cache is the usual reason; one fresh copy settles whether it is.
    const damaged = EmbeddingGemmaError.isInstance(error) && error.code === "LOAD_FAILED" ? error.details.file : null;
    if (typeof damaged !== "string" || !(await folder.refetch(damaged))) throw error;
    return load();
  });
  const identity = modelIdentity(await sourceOf(model, dtype, folder), dtype, description);
  return { backend, description, queue: new InferenceQueue(), dtype, identity };
}

function refuseDtype(model: string, dtype: Dtype, device: string | undefined, { family }: ModelDescription): void {
  const reason = family?.unsupportedDtypes?.[dtype];
  if (reason) {
    throw new EmbeddingGemmaError(
      "UNSUPPORTED_DTYPE",
      `${show(model)} gives wrong vectors with dtype ${dtype}: ${reason}. Use fp32, q8 or q4.`,
      { model, dtype },
    );
  }
  const reasonOnDevice = device && family?.unsupportedOnDevice?.[device]?.[dtype];
  if (reasonOnDevice) {
    throw new EmbeddingGemmaError(
      "UNSUPPORTED_DTYPE",
      `${show(model)} gives wrong vectors with dtype ${dtype} on ${device}: ${reasonOnDevice}. Use fp32 there, or device "cpu" or "wasm".`,
      { model, dtype, device },
    );
  }
}

/** Brings the tokenizer and the weights into the folder; tells whether the weights have a data file of their own. */
async function provideWeights(model: string, folder: ModelFolder, dtype: Dtype): Promise<boolean> {
  const weights = weightsFile(dtype);
  for (const file of ["tokenizer.json", "tokenizer_config.json", weights]) {
    if (await folder.provide(file)) continue;
    throw new EmbeddingGemmaError(
      "MODEL_FILE_MISSING",
      file === weights
        ? `${show(model)} has no ${weights}, the file of dtype ${dtype}.${await otherDtypes(folder)}`
        : `${show(model)} has no ${file}, so its texts cannot be tokenized. Use a repository made for Transformers.js.`,
      { model, file, folder: folder.path, dtype },
    );
  }
  return folder.provide(`${weights}_data`);
}

async function otherDtypes(folder: ModelFolder): Promise<string> {
  const files = await folder.list("onnx");
  const dtypes = Object.keys(weightsSuffixes).filter((dtype) =>
    files.includes(weightsFile(dtype as Dtype).slice("onnx/".length)),
  );
  return dtypes.length > 0 ? ` It has ${dtypes.join(", ")}: set the option \`dtype\`.` : "";
}

export type { DownloadProgress };
