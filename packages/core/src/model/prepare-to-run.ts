import { isInBrowser, prepareGraph, warn } from "#platform";
import { reasonOf } from "../errors.ts";
import { isFileSystemError } from "../files/file-system-error.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import type { GraphFile, KeptGraph } from "../runtime/graph-file.ts";
import { type DeviceOptions, defaultDevice, devicesOf } from "./dtype-rules.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** The load options that decide how a model runs. */
export interface RunSettings extends DeviceOptions {
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Chooses what ONNX Runtime runs, and with which options, for speed and memory. Options of the
 * caller take precedence.
 *
 * @param graph - what `graphFile` contains
 * @throws the reason of `signal`
 */
export async function prepareToRun(
  folder: ModelFolder,
  graphFile: GraphFile,
  graph: OnnxGraph,
  { threads, signal, ...options }: RunSettings,
): Promise<{ prepared: KeptGraph | null; sessionOptions: Record<string, unknown> }> {
  const { sessionOptions = {} } = options;
  const given = { ...(threads && { intraOpNumThreads: threads }), ...sessionOptions };
  if (devicesOf(options).some((device) => device !== defaultDevice))
    return { prepared: null, sessionOptions: given };
  const onCpu = withConfiguration(
    { ...withoutArena, ...given },
    isInBrowser ? {} : withoutSpinning,
  );
  if (!mayHaveQuantizedWeights(graphFile, graph)) return { prepared: null, sessionOptions: onCpu };
  const prepared = await prepareGraph(folder, graphFile, graph.dataFiles, signal).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      warnOfWeights(graphFile, error);
      return null;
    },
  );
  return { prepared, sessionOptions: withConfiguration(onCpu, withoutFusedQuantization) };
}

/** The file system would refuse the weights of other models, too, so it is mentioned once. */
let saidWhyNotKept = false;

function warnOfWeights({ path }: GraphFile, error: unknown): void {
  const isFileSystem = isFileSystemError(error);
  if (isFileSystem && saidWhyNotKept) return;
  saidWhyNotKept ||= isFileSystem;
  const reason = reasonOf(error);
  const problem = isFileSystem
    ? `The weights of ${path} could not be kept in fp32 for the next loads (${reason}).`
    : `The weights of ${path} could not be converted to fp32 (${reason}).`;
  const advice = " Free some space, or set HF_ASSETS_CACHE or `cacheDir` to a writable folder.";
  warn(
    `${problem} The model is loaded as it is, which takes longer and more memory.` +
      (isFileSystem ? advice : ""),
    "EMBEDDINGGEMMA_NOT_CONVERTED",
  );
}

/**
 * The arena of ONNX Runtime keeps all the memory that the largest batch needed. Without it, the
 * memory is given back, and inferences take as long (`npm run bench -- files`). In WebAssembly,
 * it is off by default.
 */
const withoutArena = { enableCpuMemArena: false };

/**
 * By default, threads of ONNX Runtime spin while they wait for work, also for a while after an
 * inference. Beside other work on the same cores, that makes an inference several times slower.
 * Where nothing else runs, it saves a query of a small model some tenths of a millisecond, at twice
 * the CPU time (`test/bench/README.md`).
 *
 * @see `session.intra_op.allow_spinning` in `onnxruntime_session_options_config_keys.h`
 */
const withoutSpinning = { "intra_op.allow_spinning": "0" };

/** Whether weights may be in 8 bits, while nothing is computed in integers. */
function mayHaveQuantizedWeights({ dtype }: GraphFile, { operators }: OnnxGraph): boolean {
  const quantizes = [...operators].some((operator) => /:(Dynamic)?Quantize/.test(operator));
  return !quantizes && (operators.has(":DequantizeLinear") || /8$/.test(dtype));
}

/**
 * ONNX Runtime 1.22 and later fuses DequantizeLinear with a product into one that rounds the
 * activations to 8 bits. That changes the third decimal of vectors, which then depend on the
 * release. With this, weights are converted when the model loads.
 *
 * @see `session.disable_quant_qdq` in ONNX Runtime's `onnxruntime_session_options_config_keys.h`
 */
const withoutFusedQuantization = { disable_quant_qdq: "1" };

/** Adds entries below `session` to the configuration. Those of the caller take precedence. */
function withConfiguration(
  options: Record<string, unknown>,
  entries: Record<string, string>,
): Record<string, unknown> {
  const { extra } = options as { extra?: { session?: object } };
  return { ...options, extra: { ...extra, session: { ...entries, ...extra?.session } } };
}
