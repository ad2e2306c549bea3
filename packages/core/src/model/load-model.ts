import { isInBrowser, loadWorkerBackend, openModelFolder } from "#platform";
import { EmbeddingGemmaError, show, withAdvice } from "../errors.ts";
import type { HubOptions, ModelFolder } from "../files/model-folder.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { namedGraphFile } from "../runtime/graph-file.ts";
import {
  loadTransformersBackend,
  type TransformersBackendOptions,
} from "../runtime/transformers-backend.ts";
import { needsProcess } from "../transformers/import-transformers.ts";
import { chooseGraph } from "./choose-graph.ts";
import { type DescriptionOverrides, describeModel } from "./description.ts";
import { refuseDtype, refuseOperators } from "./dtype-rules.ts";
import { conversionOf } from "./families.ts";
import { fitPooling } from "./fit-pooling.ts";
import { checkSignature } from "./graph-signature.ts";
import { modelIdentity, sourceOf } from "./identity.ts";
import { modelFiles } from "./json-file.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { warnOfMissingPrompts } from "./missing-prompts.ts";
import { type OnnxGraph, readOnnxGraph } from "./onnx-graph.ts";
import { prepareToRun } from "./prepare-to-run.ts";
import { notInCache, provideDataFiles, provideGraph, provideTokenizer } from "./provide-files.ts";
import { refuseDevice } from "./refuse-device.ts";
import { workersOf } from "./workers.ts";

/** Name of a device in Transformers.js. */
export type Device =
  | "cpu"
  | "webgpu"
  | "wasm"
  | "cuda"
  | "dml"
  | "coreml"
  | "gpu"
  | "auto"
  | (string & {});

/** Where a model comes from and how it runs. */
export interface LoadModelOptions extends HubOptions, DescriptionOverrides {
  /**
   * Number format of the weights. A dtype that gives wrong vectors is refused, such as fp16 for
   * embeddinggemma-300m on a GPU. `"auto"` takes the best for the device that the model has: `"q8"`
   * on `cpu` and `wasm`, `"fp32"` on GPUs, else the next best. {@link Embedder.dtypeReason} says
   * which and why.
   *
   * @default "auto"
   */
  dtype?: Dtype | "auto" | undefined;
  /**
   * Name of the ONNX file, with or without `.onnx`, if it has another than those of
   * {@link LoadModelOptions.dtype}: `"model_no_gather_q4"`, `"model_qint8_avx512_vnni.onnx"`. A
   * name with folders is the path in the model's folder, such as `"onnx/model_O3.onnx"`. With a
   * `dtype`, a name without one gets its suffix: `"model_no_gather"` with `"q4"` is
   * `model_no_gather_q4`.
   *
   * @default the file of `dtype`
   * @see `model_file_name` of Transformers.js, `file_name` of Sentence Transformers
   */
  modelFile?: string | undefined;
  /**
   * Folder of the ONNX file in the model's folder; `""` for a file that is not in a folder.
   *
   * @default "onnx"
   */
  subfolder?: string | undefined;
  /**
   * Device to run the model on, named as in Transformers.js.
   *
   * @default the default of Transformers.js: `"cpu"` in Node, `"wasm"` in a browser
   */
  device?: Device | undefined;
  /**
   * Number of threads for one inference. Has no effect in a browser; there, set
   * `env.backends.onnx.wasm.numThreads` of Transformers.js.
   *
   * @default the default of ONNX Runtime, the number of cores
   */
  threads?: number | undefined;
  /**
   * Options of the ONNX Runtime session, passed on as they are. `executionProviders` takes
   * precedence over `device`, and `intraOpNumThreads` over `threads`.
   */
  sessionOptions?: Record<string, unknown> | undefined;
  /**
   * Run the model in a child process, so that inference does not block the event loop, and a crash
   * of the runtime does not end this process. The same as `workers: 1`. Browsers do not support
   * this.
   *
   * @default false
   */
  worker?: boolean | undefined;
  /**
   * Run the model in this number of child processes, so that as many batches run at once. Each
   * process has its own copy of the weights, apart from the files that ONNX Runtime maps into
   * memory. The cores are shared out between them, unless {@link LoadModelOptions.threads} says how
   * many each uses. A process that ends unexpectedly is replaced, and its batch run again once.
   *
   * `"auto"` takes one process for every four cores, as far as the free memory allows, and one more
   * with all cores for a batch that is alone, so that a single query takes no longer than with one
   * process. With fewer than eight cores, or on a GPU, it takes one process.
   *
   * Browsers do not support this.
   *
   * @default 1 with `worker: true`, else the model runs in this process
   * @see `start_multi_process_pool` of Sentence Transformers
   */
  workers?: number | "auto" | undefined;
}

/**
 * Loads a model from a folder or the Hub. Checks everything that can be checked before the first
 * text. A model that quantizes activations dynamically counts as not batch-invariant.
 *
 * @throws `INVALID_ARGUMENT`, `MODEL_NOT_FOUND`, `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`,
 * `MODEL_NOT_DESCRIBED`, `UNSUPPORTED_DTYPE`, `DOWNLOAD_FAILED`, `LOAD_FAILED`, `WORKER_FAILED`
 */
export async function loadModel(model: string, options: LoadModelOptions): Promise<LoadedModel> {
  const workers = workersOf(options);
  await refuseDevice(model, options);
  try {
    const folder = await openModelFolder(model, options);
    return await loadFrom(folder, model, options, workers).catch((error: unknown) => {
      throw withReason(folder, error);
    });
  } catch (error) {
    throw nameConversion(model, error);
  }
}

/** Adds why the file counts as missing that the model needs, if there is more to say. */
function withReason(folder: ModelFolder, error: unknown): unknown {
  if (!EmbeddingGemmaError.isInstance(error)) return error;
  if (!["MODEL_FILE_MISSING", "MODEL_NOT_DESCRIBED"].includes(error.code)) return error;
  const reason = folder.whyMissing?.(String(error.details.file));
  return reason === undefined ? error : withAdvice(error, reason);
}

/** Names the open ONNX files of a model that was denied or not found on the Hub. */
function nameConversion(model: string, error: unknown): unknown {
  const conversion = conversionOf(model, false);
  if (!conversion || conversion === model || !EmbeddingGemmaError.isInstance(error)) return error;
  const { status, missing } = error.details;
  const isDenied = status === 401 || status === 403;
  if (!isDenied && missing !== "repository") return error;
  return withAdvice(error, `For its ONNX files, load ${show(conversion)}, which needs no token.`);
}

async function loadFrom(
  folder: ModelFolder,
  model: string,
  options: LoadModelOptions,
  workers: ReturnType<typeof workersOf>,
): Promise<LoadedModel> {
  const { device, signal } = options;
  if (folder.offline && !(await folder.provide("config.json")))
    throw notInCache(model, "config.json", folder);
  const { lacksPrompts, ...description } = await retryWithFreshFiles(folder, signal, () =>
    describeModel(model, (...file) => folder.read(...file), options),
  );
  if (lacksPrompts) warnOfMissingPrompts(model, folder);
  const { dtypeRules } = description;
  const named = namedGraphFile(options);
  if (named) refuseDtype(model, named.dtype, options, dtypeRules);
  await provideTokenizer(model, folder);
  const graphFile = named ?? (await chooseGraph(folder, options, dtypeRules));
  const { dtype } = graphFile;
  await provideGraph(model, folder, graphFile, named !== null);
  const { lowerCase } = description;
  const load = async (runtimeOptions: TransformersBackendOptions) => {
    const count = workers ?? (!isInBrowser && (await needsProcess()) ? 1 : null);
    return count === null
      ? loadTransformersBackend(folder, runtimeOptions)
      : loadWorkerBackend(folder, runtimeOptions, count, signal);
  };
  const { backend, graph } = await retryWithFreshFiles(folder, signal, async () => {
    const graph = await readOnnxGraph(model, graphFile.path, folder);
    checkSignature(model, graphFile.path, graph);
    await refuseOperators(model, graphFile, graph, options, folder);
    const { dataFiles } = graph;
    await provideDataFiles(model, folder, graphFile, dataFiles);
    const { prepared, sessionOptions } = await prepareToRun(folder, graphFile, graph, options);
    const runtimeOptions = {
      graphFile,
      dataFiles,
      lowerCase,
      sessionOptions,
      ...(device && { device }),
    };
    if (!prepared) return { backend: await load(runtimeOptions), graph };
    // If only the prepared graph fails, it is damaged.
    const { discard, ...preparedGraph } = prepared;
    const backend = await load({ ...runtimeOptions, preparedGraph }).catch(async (error) => {
      signal?.throwIfAborted();
      const fromOwnGraph = await load(runtimeOptions).catch(unlessRepeated(error));
      await discard().catch(() => {});
      return fromOwnGraph;
    });
    return { backend, graph };
  });
  const fitted = await fitPooling(model, backend, description).catch(async (error: unknown) => {
    await backend.dispose();
    throw error;
  });
  const source = await sourceOf(model, graphFile, folder, graph.dataFiles);
  const identity = modelIdentity(source, graphFile, fitted);
  const { operators } = graph;
  const loaded = { backend, description: fitted, dtype, identity, operators };
  if (!quantizesDynamically(graph)) return { ...loaded, batchInvariant: true };
  const vocabularySize = await readVocabularySize(model, folder);
  return { ...loaded, batchInvariant: false, vocabularySize };
}

/** Most failures come from a damaged file in the cache, so this retries once with new copies. */
async function retryWithFreshFiles<T>(
  folder: ModelFolder,
  signal: AbortSignal | undefined,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    let refetched = false;
    for (const file of filesToRefetch(error)) {
      // If the download fails too, the first error is more helpful.
      refetched = (await folder.refetch(file).catch(() => false)) || refetched;
      signal?.throwIfAborted();
    }
    if (!refetched) throw error;
    return load().catch((again: unknown) => {
      if (!isRepeated(error, again)) throw again;
      throw isInBrowser ? withReload(error as EmbeddingGemmaError) : error;
    });
  }
}

/**
 * Throws the error of a second attempt, or that of the first if it has the same cause: in browsers,
 * Transformers.js 4 repeats an error for every later load.
 */
function unlessRepeated(first: unknown): (again: unknown) => never {
  return (again) => {
    throw isRepeated(first, again) ? first : again;
  };
}

/** In a browser, only another page can tell whether the new files are right. */
function withReload({ code, details, message, cause }: EmbeddingGemmaError): EmbeddingGemmaError {
  const done = "The model's files were downloaded again: reload the page.";
  return new EmbeddingGemmaError(code, `${message} ${done}`, details, { cause });
}

function isRepeated(first: unknown, again: unknown): boolean {
  const { cause } = again as Error;
  return cause !== undefined && cause === (first as Error).cause;
}

function filesToRefetch(error: unknown): readonly string[] {
  if (!EmbeddingGemmaError.isInstance(error)) return [];
  const { file, files = [file] } = error.details as { file?: string; files?: string[] };
  return file !== undefined && ["LOAD_FAILED", "MODEL_FILE_INVALID"].includes(error.code)
    ? (files as string[])
    : [];
}

/**
 * Whether a graph has operators that compute the scale of their input, which is that of a whole
 * batch: DynamicQuantizeLinear, or DynamicQuantizeMatMul and DynamicQuantizeLSTM of ONNX Runtime.
 *
 * @see https://github.com/microsoft/onnxruntime/issues/10111
 */
function quantizesDynamically({ operators }: OnnxGraph): boolean {
  return [...operators].some((operator) => operator.includes(":DynamicQuantize"));
}

async function readVocabularySize(model: string, folder: ModelFolder): Promise<number | undefined> {
  const config = await modelFiles(model, (file) => folder.read(file)).readObject("config.json");
  const text = config?.fields.text_config as { vocab_size?: unknown } | undefined;
  const size = config?.fields.vocab_size ?? text?.vocab_size;
  return Number.isInteger(size) ? (size as number) : undefined;
}
