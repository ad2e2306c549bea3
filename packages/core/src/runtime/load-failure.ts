import { reasonOf } from "../errors.ts";

/** What an error says with which ONNX Runtime refuses to load a model, and what to do about it. */
export function loadFailureOf(error: unknown): string {
  const reason = reasonOf(error);
  const remedy = remedyOf(reason);
  return remedy === undefined ? reason : `${reason.replace(/\.$/, "")}. ${remedy}`;
}

function remedyOf(reason: string): string | undefined {
  if (isWithoutWebAssembly(reason)) {
    const host = /https?:\/\/([^/\s]+)\/\S*ort-wasm/.exec(reason)?.[1];
    return (
      `ONNX Runtime's WebAssembly files could not be fetched${host ? ` from ${host}` : ""}. ` +
      `Serve them yourself: ${servingPage}`
    );
  }
  if (/ExecutionProvider_Cuda|onnxruntime_providers_cuda/i.test(reason)) {
    return (
      "The CUDA libraries come with the install script of onnxruntime-node, which may have been " +
      `skipped: ${installPage}`
    );
  }
  return undefined;
}

/**
 * Chromium and Firefox name the module that they cannot import, Safari does not. The rest is said
 * by ONNX Runtime if the module is there, but not the binary, or a web page in its place.
 */
function isWithoutWebAssembly(reason: string): boolean {
  return (
    /no available backend found/i.test(reason) &&
    /dynamically imported module|importing a module script|fetch|magic/i.test(reason)
  );
}

const docs = "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs";
const servingPage = `${docs}/embed/browsers.md#serve-the-webassembly-files-yourself`;
const installPage = `${docs}/start/install.md#install-scripts`;
