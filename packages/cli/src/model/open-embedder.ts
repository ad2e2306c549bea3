import {
  defaultModel,
  Embedder,
  EmbeddingGemmaError,
  type LoadOptions,
} from "@embeddinggemma/core";
import { defined } from "@embeddinggemma/internal";
import { modelPath } from "@embeddinggemma/tiny-model";
import type { Terminal } from "../terminal/terminal.ts";
import type { ModelFlags } from "./model-options.ts";
import { showDownloads } from "./show-downloads.ts";

/** Name of the tiny model for `--model`. */
export const tiny = "tiny";

/**
 * Loads the model that the flags name, or connects to the server. The caller disposes it.
 *
 * @throws EmbeddingGemmaError as {@link loadModel}
 */
export async function openEmbedder(flags: ModelFlags, terminal: Terminal): Promise<Embedder> {
  const { model = defaultModel, url, offline, ...options } = defined(flags);
  const { signal } = terminal;
  if (url !== undefined) {
    const { truncateDim, adapter } = flags;
    return Embedder.connect(url, { model: flags.model, truncateDim, adapter, signal });
  }
  await using downloads = showDownloads(model, flags, terminal);
  const { onDownloadProgress } = downloads;
  const own = { localFilesOnly: offline, signal, onDownloadProgress };
  return await loadModel(model, { ...(options as object), ...own });
}

/**
 * Loads a model, also the tiny one by its name.
 *
 * @throws EmbeddingGemmaError; if the default model cannot be downloaded, its message offers the
 * tiny one
 */
export async function loadModel(model: string, options: LoadOptions): Promise<Embedder> {
  try {
    return await Embedder.load(model === tiny ? modelPath : model, options);
  } catch (error) {
    if (model !== defaultModel || !isUnavailable(error)) throw error;
    const details = { ...error.details, alternative: tryTiny };
    const message = `${error.message}\n\n${tryTiny}`;
    throw new EmbeddingGemmaError(error.code, message, details, { cause: error });
  }
}

const tryTiny =
  "To try the command without a download, add --model tiny. It is the tiny model: good for a " +
  "first look and for tests, and worse than EmbeddingGemma.";

function isUnavailable(error: unknown): error is EmbeddingGemmaError {
  return (
    EmbeddingGemmaError.isInstance(error) &&
    ["MODEL_NOT_FOUND", "DOWNLOAD_FAILED", "MODEL_FILE_MISSING"].includes(error.code)
  );
}
