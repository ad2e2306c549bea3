import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Finding, fine, type Surroundings, warning } from "../finding.ts";
import { runNode } from "../run-node.ts";
import { findRuntime } from "./runtime.ts";

const script = `
  const { listSupportedBackends } = require(process.argv[1]);
  console.log(JSON.stringify(listSupportedBackends?.() ?? []));
`;

/** Which values of `--device` can work here. */
export async function checkGpu({ application, terminal }: Surroundings): Promise<Finding> {
  const [core] = application.cores;
  const runtime = core && findRuntime(core).runtime;
  if (!runtime) return fine("devices: cpu");
  const bundled = await bundledBackends(runtime.path, terminal.signal);
  const hasGpu = hasNvidiaGpu();
  const hasCuda = filesIn(runtime.path).some((file) => file.endsWith(cudaProvider));
  const devices = [...bundled, ...(hasGpu && hasCuda ? ["cuda"] : [])];
  const summary = `devices: ${devices.join(", ")}`;
  if (hasGpu && !hasCuda && process.platform === "linux") {
    return warning(
      `${summary}; an NVIDIA GPU is there, but not ONNX Runtime's libraries for CUDA`,
      "Run `npm rebuild onnxruntime-node`, which downloads them, and install the CUDA and cuDNN " +
        "that it needs. Then --device cuda works.",
    );
  }
  return fine(`${summary}; ${hasGpu ? "there is an NVIDIA GPU" : "no NVIDIA GPU found"}`);
}

/** The file that the install script of ONNX Runtime downloads. */
const cudaProvider = "onnxruntime_providers_cuda.so";

/** What the package brings itself. */
async function bundledBackends(path: string, signal: AbortSignal): Promise<string[]> {
  const outcome = await runNode(script, [path], signal);
  if (!("output" in outcome)) return ["cpu"];
  const backends = JSON.parse(outcome.output) as { name: string; bundled: boolean }[];
  return backends
    .filter((backend) => backend.bundled)
    .map(({ name }) => (name === "webgpu" ? "webgpu (on a GPU)" : name));
}

function filesIn(path: string): string[] {
  const binaries = join(path, "bin");
  return existsSync(binaries) ? readdirSync(binaries, { recursive: true, encoding: "utf8" }) : [];
}

function hasNvidiaGpu(): boolean {
  return existsSync("/proc/driver/nvidia/version") || existsSync("/dev/nvidia0");
}
