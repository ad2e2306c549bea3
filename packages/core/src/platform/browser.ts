import { EmbeddingGemmaError } from "../errors.ts";
import { openWebFolder } from "../files/web/web-folder.ts";
import { prepareInBrowser } from "../graph/prepare-in-browser.ts";

type Platform = typeof import("./node.ts");

export const isInBrowser: Platform["isInBrowser"] = true;

/** WebAssembly computes in single precision on all processors. */
export const isOnArm: Platform["isOnArm"] = false;

export const warn: Platform["warn"] = (message) => console.warn(message);

export const openModelFolder: Platform["openModelFolder"] = openWebFolder;

export const openAdapterFolder: Platform["openAdapterFolder"] = openWebFolder;

export const openModelCache: Platform["openModelCache"] = async () => {
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "Browsers keep files in the cache of Transformers.js. Look there with `caches`.",
  );
};

export const openHub: Platform["openHub"] = async () => {
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "Browsers do not support checkHub. Load a model to find out.",
  );
};

export const loadWorkerBackend: Platform["loadWorkerBackend"] = async () => {
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "Browsers do not support the options `worker` and `workers`. Call Embedder.load in your own " +
      "Web Worker.",
  );
};

export const prepareGraph: Platform["prepareGraph"] = prepareInBrowser;
