import type { Device, Dtype, LoadOptions } from "@embeddinggemma/core";

/** `tiny` comes with the page; `embeddinggemma` is downloaded from the Hugging Face Hub. */
export type ModelChoice = "tiny" | "embeddinggemma";

interface ModelSource {
  /** URL of a folder, or id of a repository on the Hub. */
  readonly model: string;
  readonly device: Device;
  readonly dtype: Dtype;
  /** Tokens of one inference: a search waits for no more than this. */
  readonly maxBatchTokens: number;
  /** Texts that a long call hands to the model at once: points come in steps of these. */
  readonly sliceSize: number;
  readonly options: LoadOptions;
}

/**
 * Where a model is loaded from, and how.
 *
 * EmbeddingGemma runs on WebGPU in fp32, since its other files give wrong vectors there, which
 * `@embeddinggemma/core` refuses. fp32 takes 1.2 GB, so weaker devices get the 310 MB of `q8`,
 * on WebAssembly.
 *
 * @param base - URL of the page
 * @param hub - URL of the Hub, or of a server with the same addresses
 */
export async function sourceOf(
  choice: ModelChoice,
  base: string,
  hub: string | undefined,
): Promise<ModelSource> {
  if (choice === "tiny") {
    return {
      model: new URL("models/tiny/", base).href,
      device: "wasm",
      dtype: "q8",
      maxBatchTokens: 1024,
      sliceSize: 32,
      options: {},
    };
  }
  const onGpu = await hasLargeGpu();
  return {
    model: "onnx-community/embeddinggemma-300m-ONNX",
    device: onGpu ? "webgpu" : "wasm",
    dtype: onGpu ? "fp32" : "q8",
    maxBatchTokens: onGpu ? 1024 : 128,
    sliceSize: onGpu ? 32 : 4,
    options: hub === undefined ? {} : { endpoint: hub },
  };
}

/** Whether there is a GPU that holds the largest table of the weights (805 MB) in one buffer. */
async function hasLargeGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return (adapter?.limits.maxStorageBufferBindingSize ?? 0) >= 805_306_368;
}

interface Adapter {
  readonly limits: { readonly maxStorageBufferBindingSize: number };
}
