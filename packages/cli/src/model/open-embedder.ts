import {
  defaultModel,
  Embedder,
  EmbeddingGemmaError,
  type LoadOptions,
} from "@embeddinggemma/core";
import { defined } from "@embeddinggemma/internal";
import { quoted } from "@embeddinggemma/internal/node";
import { modelPath } from "@embeddinggemma/tiny-model";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { CutTexts } from "./cut-texts.ts";
import { type ModelFlags, tiny } from "./model-options.ts";
import { showDownloads } from "./show-downloads.ts";

/**
 * Loads the model that the flags name, or connects to the server. The caller disposes it.
 *
 * @param cutTexts - hears of texts that are too long for a model; a server does not say so
 * @throws EmbeddingGemmaError as {@link loadModel}
 */
export async function openEmbedder(
  flags: ModelFlags,
  terminal: Terminal,
  cutTexts?: CutTexts,
): Promise<Embedder> {
  const {
    model = defaultModel,
    url,
    apiKey,
    offline,
    ...options
  } = defined({
    ...flags,
    adapter: flags.adapter === false ? undefined : flags.adapter,
  });
  const { signal } = terminal;
  if (url !== undefined) {
    const { truncateDim } = options;
    const adapter = flags.adapter === false ? null : flags.adapter; // Null leaves out the server's.
    using noting = noteFailedFetch(url, terminal);
    const { fetch } = noting;
    const server = { model: flags.model, apiKey, signal, fetch };
    return await Embedder.connect(url, { ...server, truncateDim, adapter });
  }
  await using downloads = showDownloads(model, flags, terminal);
  const { onDownloadProgress } = downloads;
  const { onTruncate } = cutTexts ?? {};
  const own = defined({ localFilesOnly: offline, signal, onDownloadProgress, onTruncate });
  const load = { ...(options as LoadOptions), ...own };
  return await loadModel(model, load, flags.model !== undefined);
}

/** A `fetch` that says once that a server cannot be reached, until the connection is made. */
function noteFailedFetch(url: string, terminal: Terminal) {
  let isNoted = false;
  return {
    async fetch(...request: Parameters<typeof globalThis.fetch>): Promise<Response> {
      try {
        return await globalThis.fetch(...request);
      } catch (error) {
        if (!isNoted && !terminal.signal.aborted)
          note(terminal, `${url} cannot be reached. It is tried again for some seconds.`);
        isNoted = true;
        throw error;
      }
    },
    [Symbol.dispose]() {
      isNoted = true;
    },
  };
}

/**
 * Loads a model, also the tiny one by its name.
 *
 * @param isChosen - whether the user has named the model
 * @throws EmbeddingGemmaError; if files are not there, its details have a command that downloads
 * them as `download`, and a model in place of the default one as `alternative`
 */
export async function loadModel(
  model: string,
  options: LoadOptions,
  isChosen: boolean,
): Promise<Embedder> {
  try {
    return await Embedder.load(model === tiny ? modelPath : model, options);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const isAdapter = error.details.model !== undefined && error.details.model === options.adapter;
    const download = isAdapter ? undefined : downloadCommand(model, options, isChosen);
    const { dtype = "auto", revision, adapter } = options;
    const isPlain = dtype === "auto" && revision === undefined && !adapter;
    const alternative = isPlain && !isChosen ? tryTiny : undefined;
    const message = alternative ? `${error.message}\n\n${alternative}` : error.message;
    const details = { ...error.details, download, alternative };
    throw new EmbeddingGemmaError(error.code, message, details, { cause: error });
  }
}

const tryTiny =
  "To try the command without a download, add --model tiny. It is the tiny model: good for a " +
  "first look and for tests, and worse than EmbeddingGemma.";

/** The command that downloads what a load lacks. */
function downloadCommand(
  model: string,
  { dtype = "auto", revision, cacheDir }: LoadOptions,
  isChosen: boolean,
): string {
  const flags = {
    "": isChosen ? model : undefined,
    " --dtype": dtype === "auto" ? undefined : dtype,
    " --revision": revision,
    " --cache-dir": cacheDir,
  };
  const words = Object.entries(defined(flags)).map(([flag, value]) => `${flag} ${quoted(value)}`);
  return `embeddinggemma models download${words.join("")}`;
}

/** Whether files are neither in the cache nor to be had from the Hub now. */
function isUnavailable(error: unknown): error is EmbeddingGemmaError {
  if (!EmbeddingGemmaError.isInstance(error)) return false;
  const { code, details } = error;
  return code === "DOWNLOAD_FAILED" || code === "MODEL_NOT_FOUND" || details.offline === true;
}
