import { relative, sep } from "node:path";
import type { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import type { ChunkSettings } from "../documents/split-document.ts";
import { UsageError } from "../failures/command-error.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { checkEmbedder } from "../store/check-embedder.ts";
import { isAdapted } from "../store/maker-of-store.ts";
import { flagsToReload } from "../store/model-of-store.ts";
import { type Given, rememberedModel } from "../store/remembered-model.ts";
import type { Plan } from "./plan.ts";
import { StoreWriter } from "./store-writer.ts";

/** The model of a run, and how it was chosen. */
interface ModelChoice {
  /** Undefined if the run needs none. */
  readonly embedder: Embedder | undefined;
  /** The flags that it was opened with. */
  readonly flags: ModelFlags;
  /** What the command line names: their folders may have moved, or the server. */
  readonly given: Given;
}

/**
 * The writer for the store of a plan, or for a new one.
 *
 * @throws CommandError if the store or the chunks do not fit the model
 */
export async function openWriter(
  { folder, saved, chunks, hasChunkFlags }: Plan,
  { embedder, flags, given }: ModelChoice,
): Promise<StoreWriter> {
  const { settings, root, hasMoved } = saved;
  if (embedder) {
    checkLength(chunks, embedder);
    if (saved.store) checkEmbedder(saved.store, embedder, { settings, flags });
  }
  const store = saved.store ?? (await emptyStore(embedder!));
  const used = embedder ? flagsToReload(flags, embedder) : settings!.model;
  const rootName = relative(folder, root).split(sep).join("/");
  // The vectors of a store keep an adapter for all texts, whatever flags a server needs.
  const adapter = given.adapter && !(used.adapter === undefined && isAdapted(store.identity));
  const isGiven = given.model || adapter;
  // A clone with the same root stays as it is in Git.
  const isMoved = hasMoved || settings?.root !== rootName;
  return new StoreWriter(
    folder,
    store,
    (now = settings) => ({
      model: rememberedModel(now?.model, used, { ...given, adapter }),
      chunks: hasChunkFlags ? chunks : (now?.chunks ?? chunks),
      folder,
      root: rootName,
    }),
    { ...saved, isSaved: saved.store !== undefined && !isGiven && !isMoved },
  );
}

function emptyStore({ dimension, identity }: Embedder) {
  return FaissStore.create<DocumentRecord>({ dimension, identity });
}

/** Tokens for the prompt and the title. */
const promptRoom = 64;

function checkLength({ tokens }: ChunkSettings, { maxTokens }: Embedder): void {
  const limit = maxTokens - promptRoom;
  if (tokens <= limit) return;
  throw new UsageError(
    `--chunk-tokens can be at most ${limit}: the model reads ${maxTokens} tokens at once, of ` +
      `which the prompt and the title take up to ${promptRoom}.`,
  );
}
