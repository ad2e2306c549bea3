import { Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { env } from "@huggingface/transformers";

/** What the page exposes to the tests. */
export interface Page {
  Embedder: typeof Embedder;
  EmbeddingGemmaError: typeof EmbeddingGemmaError;
  env: typeof env;
}

// By default, Transformers.js loads the files of ONNX Runtime from a CDN.
env.backends.onnx.wasm!.wasmPaths = new URL("/onnxruntime/", location.href).href;

Object.assign(globalThis, { page: { Embedder, EmbeddingGemmaError, env } satisfies Page });
