import { relative, resolve, sep } from "node:path";
import type { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import type { Command } from "commander";
import { readExtensions } from "../documents/file-kinds.ts";
import type { ChunkSettings } from "../documents/split-document.ts";
import { CommandError, UsageError } from "../failures/command-error.ts";
import { CommandExit } from "../failures/command-exit.ts";
import { exitCodes } from "../failures/exit-codes.ts";
import { isModelGiven, type ModelFlags } from "../model/model-options.ts";
import { openEmbedder } from "../model/open-embedder.ts";
import { checkEmbedder } from "../store/check-embedder.ts";
import { flagsToReload, modelFlagsFor } from "../store/model-of-store.ts";
import { refuseFile } from "../store/refuse-file.ts";
import { refuseForeignFolder, refuseStoreAsInput } from "../store/store-folder.ts";
import { readSettings, type StoreSettings } from "../store/store-settings.ts";
import { countOf } from "../terminal/count-of.ts";
import { startProgress } from "../terminal/progress.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { embedFiles, type Tally } from "./embed-files.ts";
import { findChanges } from "./find-changes.ts";
import { realPath } from "./real-path.ts";
import { report } from "./report.ts";
import { idsBySource, StoreWriter } from "./store-writer.ts";

export interface IndexFlags extends ModelFlags {
  store: string;
  chunkTokens?: number | undefined;
  chunkOverlap?: number | undefined;
  include?: string[];
  exclude?: string[];
  ignore: boolean;
  json?: boolean;
}

/** Makes the store the image of files and folders: embeds what is new, removes what is gone. */
export async function indexFiles(
  paths: readonly string[],
  { store: storeName, chunkTokens, chunkOverlap, json, ...others }: IndexFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const { include, exclude, ignore, ...given } = others;
  const { signal } = terminal;
  await refuseFile(storeName);
  const folder = await realPath(resolve(storeName));
  const places = await Promise.all(paths.map((path) => realPath(resolve(path))));
  await refuseForeignFolder(storeName, folder);
  refuseStoreAsInput(places, storeName, folder);
  const settings = await readSettings(folder);
  const saved = await openSaved(folder);
  const root = settings ? resolve(folder, settings.root) : process.cwd();
  const chunks = chunkSettings({ chunkTokens, chunkOverlap }, settings, command);
  const idsOf = saved ? idsBySource(saved) : new Map<string, Set<string>>();
  const files = new Map(
    Object.entries(settings?.files ?? {}).filter(
      ([source, file]) => (idsOf.get(source)?.size ?? 0) === file.chunks,
    ),
  );

  const selection = { include, exclude, ignore, skip: folder };
  const indexed = { root, chunks, files, sources: idsOf.keys() };
  const changes = await findChanges(places, selection, indexed);
  const work = [...changes.added, ...changes.changed];
  if (!saved && work.length === 0)
    throw new CommandError(
      `There are no files to index. These are read: ${readExtensions}. ` +
        "What .gitignore files name is read with --no-ignore only.",
    );

  const isGiven = isModelGiven(command);
  const needsModel = work.length > 0 || !settings || isGiven;
  const flags = modelFlagsFor(command, given, settings, terminal);
  await using embedder = needsModel ? await openEmbedder(flags, terminal) : undefined;
  const startedAt = performance.now();
  if (embedder) checkLength(chunks, embedder);
  if (embedder && saved) checkEmbedder(saved, embedder, { settings, flags });
  const store = saved ?? (await emptyStore(embedder!));
  // The folder of a model may have moved, or its server.
  const model = settings && !isGiven ? settings.model : flagsToReload(given, embedder!);
  const writer = new StoreWriter(
    folder,
    store,
    { model, chunks, root: rootName(folder, root) },
    files,
    !(saved && isGiven),
  );

  const tally: Tally = { finished: new Set(), embedded: 0, failures: [] };
  const progress = startProgress(terminal, "Indexing");
  for (const source of changes.removed) await writer.remove(source);
  const embedding =
    embedder && embedFiles(work, tally, { chunks, embedder, writer, progress, signal });
  const failure = await embedding?.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  progress.stop();
  await writer.save();
  const seconds = (performance.now() - startedAt) / 1_000;
  await report({ folder, store, changes, tally, seconds }, !failure, json, terminal);
  if (failure) throw signal.aborted ? new CommandExit(exitCodes.interrupted) : failure.error;
  const failed = tally.failures.length;
  if (failed > 0) throw new CommandError(`${countOf(failed, "file")} could not be read.`);
}

async function openSaved(folder: string) {
  if (!(await FaissStore.exists(folder))) return undefined;
  return FaissStore.open<DocumentRecord>(folder);
}

function emptyStore({ dimension, identity }: Embedder) {
  return FaissStore.create<DocumentRecord>({ dimension, identity });
}

/** The flags, else those of the last run. */
function chunkSettings(
  { chunkTokens, chunkOverlap }: Pick<IndexFlags, "chunkTokens" | "chunkOverlap">,
  settings: StoreSettings | undefined,
  command: Command,
): ChunkSettings {
  const last = chunkTokens === undefined ? settings?.chunks : undefined;
  const tokens = chunkTokens ?? last?.tokens ?? 256;
  const overlap = chunkOverlap ?? last?.overlap ?? Math.floor(tokens / 8);
  if (overlap >= tokens)
    command.error(`error: --chunk-overlap must be less than the ${tokens} tokens of a chunk.`);
  return { tokens, overlap };
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

function rootName(folder: string, root: string): string {
  return relative(folder, root).split(sep).join("/");
}
