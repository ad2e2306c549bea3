import { type Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import { quoted } from "@embeddinggemma/internal/node";
import { CommandError } from "../failures/command-error.ts";
import type { CutTexts } from "../model/cut-texts.ts";
import { apiKeyVariable, type ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { DocumentStore } from "./check-embedder.ts";
import { isAdapted, makerOf } from "./maker-of-store.ts";
import { requireFolders } from "./require-folders.ts";

/**
 * Opens the embedder for a store. The caller disposes it.
 *
 * @param store - undefined if it is new
 * @param flags - of {@link modelFlagsFor}
 * @param given - the flags before it
 * @throws CommandError if the model or the adapter of the store is gone, or if a server wants a
 * key, and that of the environment is not for it
 */
export async function openStoreEmbedder(
  store: DocumentStore | undefined,
  flags: ModelFlags,
  given: ModelFlags,
  terminal: Terminal,
  cutTexts?: CutTexts,
): Promise<Embedder> {
  requireFolders(flags, given, isAdapted(store?.identity));
  try {
    return await openEmbedder(flags, terminal, cutTexts);
  } catch (error) {
    // The adapter for all texts that the store remembers is perhaps that of the server; if not, the
    // vectors differ from those of the store.
    if (given.adapter === undefined && isOnServer(error))
      return openEmbedder({ ...flags, adapter: undefined }, terminal, cutTexts);
    if (given.url === undefined && flags.url !== undefined && isUnreachable(error)) {
      const message = `${error.message} The store was made with this server. ${inPlaceOf(store)}`;
      throw new CommandError(message, { cause: error });
    }
    const hasOther = flags.apiKey === undefined && given.apiKey !== undefined;
    if (!hasOther || flags.url === undefined || !isDenied(error)) throw error;
    const reason = error.message.replace(/ (?:Set|Check) the option `apiKey`.*$/s, "");
    throw new CommandError(
      `${reason} The key in ${apiKeyVariable} was not sent, because only the store names this ` +
        `server. If you trust it, add --url ${quoted(flags.url)}.`,
      { cause: error },
    );
  }
}

/** What gives the same vectors as the server of a store. */
function inPlaceOf(store: DocumentStore | undefined): string {
  const { name, dtype, isForeignServer } = makerOf(store?.identity);
  const elsewhere = "If it runs elsewhere now, add --url <url>.";
  if (isForeignServer) return elsewhere;
  const model = name === undefined ? "<folder>" : quoted(name);
  const flags = dtype === undefined ? `--model ${model}` : `--model ${model} --dtype ${dtype}`;
  return `${elsewhere} If you have its model here, add ${flags}.`;
}

function isUnreachable(error: unknown): error is EmbeddingGemmaError {
  return (
    EmbeddingGemmaError.isInstance(error) &&
    error.code === "SERVER_FAILED" &&
    error.details.status === undefined
  );
}

/** Whether the server of an embedder has an adapter for all texts already. */
function isOnServer(error: unknown): boolean {
  return (
    EmbeddingGemmaError.isInstance(error) &&
    isAdapted(error.details.identity) &&
    error.details.adapter !== undefined
  );
}

function isDenied(error: unknown): error is EmbeddingGemmaError {
  return (
    EmbeddingGemmaError.isInstance(error) &&
    (error.details.status === 401 || error.details.status === 403)
  );
}
