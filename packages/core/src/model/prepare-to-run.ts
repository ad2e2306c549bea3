import { prepareGraph } from "#platform";
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
  const onCpu = { ...withoutArena, ...given };
  if (!mayHaveQuantizedWeights(graphFile, graph)) return { prepared: null, sessionOptions: onCpu };
  // What is wrong with files that cannot be converted, such as damaged ones, the runtime says.
  const prepared = await prepareGraph(folder, graphFile, graph.dataFiles, signal).catch(() => null);
  signal?.throwIfAborted();
  return { prepared, sessionOptions: withoutFusedQuantization(onCpu) };
}

/**
 * The arena of ONNX Runtime keeps all the memory that the largest batch needed. Without it, the
 * memory is given back, and inferences take as long (`test/bench/which-file.mjs`). In WebAssembly,
 * it is off by default.
 */
const withoutArena = { enableCpuMemArena: false };

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
function withoutFusedQuantization(options: Record<string, unknown>): Record<string, unknown> {
  const { extra } = options as { extra?: { session?: object } };
  const session = { disable_quant_qdq: "1", ...extra?.session };
  return { ...options, extra: { ...extra, session } };
}
