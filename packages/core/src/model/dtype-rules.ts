import { isInBrowser, isOnArm } from "#platform";
import { EmbeddingGemmaError, show } from "../errors.ts";
import type { ModelFolder } from "../files/model-folder.ts";
import type { Dtype } from "../runtime/dtype.ts";
import { described, type GraphFile } from "../runtime/graph-file.ts";
import { missingInWasm } from "../transformers/wasm-build.ts";
import type { DtypeRules } from "./model-family.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** The load options that decide where a model runs. */
export interface DeviceOptions {
  device?: string | undefined;
  sessionOptions?: Record<string, unknown> | undefined;
}

/**
 * Refuses a dtype that gives wrong vectors, before anything is downloaded.
 *
 * @throws `UNSUPPORTED_DTYPE`
 */
export function refuseDtype(
  model: string,
  dtype: Dtype,
  options: DeviceOptions,
  rules: DtypeRules | null | undefined,
): void {
  const fault = faultOf(dtype, options, rules);
  if (fault === undefined) return;
  throw new EmbeddingGemmaError(
    "UNSUPPORTED_DTYPE",
    `${show(model)} gives wrong vectors with dtype ${dtype}${fault}.`,
    { model, dtype, device: options.device },
  );
}

/** What is wrong with a dtype and what to do; undefined if nothing is known against it. */
export function faultOf(
  dtype: Dtype,
  options: DeviceOptions,
  rules: DtypeRules | null | undefined,
): string | undefined {
  const reason = rules?.unsupportedDtypes?.[dtype];
  if (reason) return `: ${reason}. Use fp32, q8 or q4`;
  for (const [device, reasons] of Object.entries(rules?.unsupportedOnDevice ?? {})) {
    if (!reasons[dtype] || !mayRunOn(device, options)) continue;
    return ` on ${device}: ${reasons[dtype]}. Use fp32 there, or device "cpu" or "wasm"`;
  }
  const overflow = dtype === "fp16" ? rules?.halfPrecision : undefined;
  const device = overflow && devicesOf(options).find((name) => !computesInSinglePrecision(name));
  if (!device) return undefined;
  const place = device === "cpu" ? "an Arm processor, which may compute in it" : device;
  return ` on ${place}: ${overflow}. Use fp32 or q8`;
}

/**
 * Refuses a graph with an operator that ONNX Runtime lacks in WebAssembly, before its weights are
 * downloaded. The runtime itself would only say so afterwards.
 *
 * @throws `UNSUPPORTED_DTYPE`
 */
export async function refuseOperators(
  model: string,
  graphFile: GraphFile,
  { operators }: Pick<OnnxGraph, "operators">,
  options: DeviceOptions,
  folder: Pick<ModelFolder, "list">,
): Promise<void> {
  if (!isInBrowser || devicesOf(options).some((device) => device !== "wasm")) return;
  const missing = (await missingInWasm()).find((operator) => operators.has(operator));
  if (missing === undefined) return;
  const { dtype } = graphFile;
  const withoutGather = "model_no_gather_q4";
  const hasOther = (await folder.list()).includes(`onnx/${withoutGather}.onnx`);
  throw new EmbeddingGemmaError(
    "UNSUPPORTED_DTYPE",
    `${show(model)} ${described(graphFile)} needs the operator ${missing.split(":")[1]}, which ` +
      "this build of ONNX Runtime lacks in WebAssembly. " +
      `Use dtype "q8"${hasOther ? ` or modelFile ${show(withoutGather)}` : ""}.`,
    { model, dtype, file: graphFile.path, operator: missing, device: options.device },
  );
}

/**
 * Devices that a model may run on. `executionProviders` of ONNX Runtime take precedence over
 * `device`; it tries them one after the other.
 */
export function devicesOf({ device, sessionOptions }: DeviceOptions): readonly string[] {
  type Provider = string | { name?: string };
  const providers = [sessionOptions?.executionProviders ?? []].flat() as Provider[];
  const names = providers.map((provider) =>
    typeof provider === "string" ? provider : (provider.name ?? "unknown"),
  );
  return names.length > 0 ? names : [device ?? defaultDevice];
}

/** The device that is tried first. */
export function firstDeviceOf(options: DeviceOptions): string {
  return devicesOf(options)[0]!;
}

/** Computes on the processor. */
export const defaultDevice = isInBrowser ? "wasm" : "cpu";

/** With `"auto"` and `"gpu"`, Transformers.js tries all devices that it finds. */
function mayRunOn(device: string, options: DeviceOptions): boolean {
  return devicesOf(options).some((name) => [device, "auto", "gpu"].includes(name));
}

/**
 * Whether a device computes in fp32 also with fp16 weights. ONNX Runtime's builds for x64 and
 * WebAssembly have no fp16 kernels for arithmetic and convert to fp32 and back, a chain of
 * operators only once (InsertCastTransformer). Measured on a graph whose intermediate values exceed
 * fp16's range. The builds of 1.30 for Arm have such kernels.
 */
function computesInSinglePrecision(device: string): boolean {
  return device === "wasm" || (device === "cpu" && !isOnArm);
}
