import { isError, reasonOf, sentenceOf } from "../errors.ts";

/**
 * What an error says with which ONNX Runtime refuses to load a model, and what to do about it.
 *
 * @param device - the option `device`, in a browser
 */
export function loadFailureOf(error: unknown, device?: string): string {
  const reason = reasonOf(error);
  const isEarlier = isRepeated(error);
  const cut = cutWeights.exec(reason);
  if (cut) return `${cutOff} ONNX Runtime says: ${sentenceOf(cut[0])}`;
  const remedy = remedyOf(reason, device) ?? (isEarlier ? startAgain : undefined);
  return remedy === undefined ? reason : `${sentenceOf(reason)} ${remedy}`;
}

/**
 * Whether this very error was reported before. In browsers, Transformers.js 4 loads a model after
 * the one before, and after a failure throws its error again for all others.
 */
function isRepeated(error: unknown): boolean {
  if (!isError(error)) return false;
  const isKnown = reported.has(error);
  reported.add(error);
  return isKnown;
}

const reported = new WeakSet<Error>();

const startAgain =
  "This is the error of an earlier load: Transformers.js loads no model in this page or worker " +
  "after it. Reload the page, or load the model in a new Web Worker.";

/** Without the place in ONNX Runtime's code, which is long. */
const cutWeights = /(External initializer: .*)?out of bounds or can not be read in full.*/is;

const cutOff =
  "A file with the weights is cut off. Copy it again; if the model is in the cache of the Hub, " +
  "remove it there, or load it once with a network, which downloads the file again.";

function remedyOf(reason: string, device: string | undefined): string | undefined {
  if (isUnreadWeights.test(reason)) return unreadWeights;
  if (isForbidden.test(reason)) return `${allowWebAssembly}: ${hostPage}`;
  if (isWithoutWebAssembly(reason)) return `${remedyForFiles(reason)}: ${servingPage}`;
  if (/ExecutionProvider_Cuda|onnxruntime_providers_cuda/i.test(reason)) {
    return (
      "The CUDA libraries come with the install script of onnxruntime-node, which may have been " +
      `skipped: ${installPage}`
    );
  }
  if (device === "webgpu") {
    return (
      "Leave out `device` to use WebAssembly, after a reload of the page or in a new Web Worker: " +
      "Transformers.js may load no other model here after this error."
    );
  }
  return undefined;
}

/** In browsers, ONNX Runtime does not say why. */
const isUnreadWeights = /failed to load external data file/i;

const unreadWeights =
  "The file with the weights may be cut off: compare its size with that of the original.";

/** As Chromium and Safari say it, and Firefox. */
const isForbidden = /WebAssembly.*(unsafe-eval|blocked by CSP)/is;

const allowWebAssembly =
  "The Content Security Policy of the page forbids WebAssembly. Allow it with " +
  "`script-src 'self' 'wasm-unsafe-eval'`; 'unsafe-eval' is not needed";

/** What to do if ONNX Runtime's files are missing, which it takes from a CDN by default. */
function remedyForFiles(reason: string): string {
  if (webPage.test(reason)) {
    return (
      "The address of ONNX Runtime's WebAssembly files answers with a web page, so they are not " +
      "there. Put them there"
    );
  }
  if (otherVersion.test(reason)) {
    return (
      "ONNX Runtime's WebAssembly files are of another version than the code, or for another " +
      "device. Copy them again"
    );
  }
  const failed = "ONNX Runtime's WebAssembly files could not be fetched";
  const [url, host] = /https?:\/\/([^/\s]+)\/\S*ort-wasm[\w.-]*/.exec(reason) ?? [];
  if (url === undefined) {
    const where = "the network panel of the browser shows what fails";
    return `${failed}. Serve them yourself; if you do, ${where}`;
  }
  if (host === defaultHost) return `${failed} from ${host}. Serve them yourself`;
  const type = url.endsWith(".mjs") ? ", and is served as text/javascript" : "";
  return `${failed} from ${url}. Check that the file is there, in the version of the code${type}`;
}

const defaultHost = "cdn.jsdelivr.net";

/**
 * Chromium and Firefox name the module that they cannot import, Safari does not. The rest is said
 * by ONNX Runtime if the module is there, but not the binary, or a web page in its place.
 */
function isWithoutWebAssembly(reason: string): boolean {
  return (
    /no available backend found/i.test(reason) &&
    (webPage.test(reason) || otherVersion.test(reason) || missingFile.test(reason))
  );
}

const missingFile =
  /dynamically imported module|importing a module script|fetch|magic|\\0asm|argument is empty/i;

/** The binary does not fit the module. */
const otherVersion = /LinkError/;

/**
 * A `<` in place of a module, as Chromium or Safari, and Firefox say it; or the bytes `<!` or `<h`
 * in place of a binary.
 */
const webPage = /unexpected token '<'|got '<'|found 3c (21|68)/i;

const docs = "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs";
const servingPage = `${docs}/embed/browsers.md#serve-the-webassembly-files-yourself`;
const hostPage = `${docs}/embed/browsers.md#put-it-on-a-host`;
const installPage = `${docs}/start/install.md#install-scripts`;
