import { isInBrowser } from "#platform";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { type DeviceOptions, devicesOf } from "./dtype-rules.ts";

/**
 * Refuses WebGPU in a page that gets no GPU, before anything is downloaded. The runtime would fail
 * on it, and Transformers.js then loads no model in this page any more, on no device.
 *
 * @throws `LOAD_FAILED`
 */
export async function refuseDevice(model: string, options: DeviceOptions): Promise<void> {
  // The runtime tries several devices one after the other.
  if (!isInBrowser || devicesOf(options).some((device) => device !== "webgpu")) return;
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (await gpu?.requestAdapter()) return;
  const reason = gpu
    ? "this browser has WebGPU, but no GPU for it"
    : "this browser has no WebGPU, or not for this page, which needs `https` or `localhost`";
  throw new EmbeddingGemmaError(
    "LOAD_FAILED",
    `${show(model)} cannot run on device "webgpu": ${reason}. Leave out \`device\` to use ` +
      "WebAssembly. `await navigator.gpu?.requestAdapter()` tells beforehand if there is a GPU.",
    { model, device: "webgpu" },
  );
}
