import { importTransformers } from "./import-transformers.ts";

/**
 * Operators that ONNX Runtime's WebAssembly build in use has no kernel for, as `domain:type`.
 *
 * Transformers.js 4 loads a build that is made for WebGPU, also for the device `wasm`; an old
 * Safari gets the plain one. Tried in onnxruntime-web 1.31.0-dev.20260914: `asyncify` and `jspi`
 * lack the operator, the plain build has it, as has the only build of Transformers.js 3 (1.22,
 * `jsep`).
 */
export async function missingInWasm(): Promise<readonly string[]> {
  const { env } = await importTransformers();
  const paths = (env.backends.onnx as { wasm?: { wasmPaths?: unknown } }).wasm?.wasmPaths;
  const { wasm } = Object(paths) as { wasm?: unknown };
  const isForWebGpu =
    wasm === undefined
      ? Number.parseInt(env.version, 10) >= 4
      : /\.(asyncify|jspi)\./.test(String(wasm));
  return isForWebGpu ? ["com.microsoft:GatherBlockQuantized"] : [];
}
