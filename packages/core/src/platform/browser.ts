import { EmbeddingGemmaError } from "../errors.ts";
import { openWebFolder } from "../files/web/web-folder.ts";

type Platform = typeof import("./node.ts");

export const openModelFolder: Platform["openModelFolder"] = openWebFolder;

export const loadWorkerBackend: Platform["loadWorkerBackend"] = async () => {
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "The option `worker` is for Node. In a browser, call Embedder.load in a Web Worker of your own.",
    { worker: true },
  );
};
