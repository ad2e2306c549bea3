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
    const from = host ? ` from ${host}` : "";
    const why = webPage.test(reason)
      ? "The address of ONNX Runtime's WebAssembly files answers with a web page, so they are " +
        "not there"
      : `ONNX Runtime's WebAssembly files could not be fetched${from}`;
    return `${why}. Serve them yourself: ${servingPage}`;
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
    (webPage.test(reason) ||
      /dynamically imported module|importing a module script|fetch|magic|\\0asm/i.test(reason))
  );
}

/**
 * A `<` in place of a module, as Chromium or Safari, and Firefox say it; or the bytes `<!` or `<h`
 * in place of a binary.
 */
const webPage = /unexpected token '<'|got '<'|found 3c (21|68)/i;

const docs = "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs";
const servingPage = `${docs}/embed/browsers.md#serve-the-webassembly-files-yourself`;
const installPage = `${docs}/start/install.md#install-scripts`;
