import type { Embedder } from "@embeddinggemma/core";
import { startProgress } from "../terminal/progress.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { embedFiles, type Tally, warnOf } from "./embed-files.ts";
import type { Plan } from "./plan.ts";
import type { StoreWriter } from "./store-writer.ts";

/** What a run has done. */
export interface Result {
  readonly tally: Tally;
  readonly seconds: number;
  /** Why it ended before all was done. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * Removes what is left out, embeds what is new, removes what is gone, and saves. What is done is
 * saved after an error, too.
 *
 * @param embedder - needed if there are files to embed
 */
export async function runPlan(
  { saved, changes, chunks, work }: Plan,
  writer: StoreWriter,
  embedder: Embedder | undefined,
  terminal: Terminal,
): Promise<Result> {
  const { signal } = terminal;
  const startedAt = performance.now();
  const tally: Tally = { finished: new Set(), embedded: 0, failures: [], warnings: [], removed: 0 };
  const progress = startProgress(terminal, "Indexing");
  await writer.rename(saved.names);
  const remove = async (sources: readonly string[]) => {
    for (const source of sources) await writer.remove(source);
    tally.removed += sources.length;
  };
  await remove(changes.leftOut);
  for (const file of changes.unchanged) {
    writer.keep(file);
    const fault = writer.faultOf(file);
    if (fault !== undefined) warnOf(file, fault, tally, progress);
  }
  if (work.length > 0) writer.expectMoved(changes.gone);
  const embedding =
    embedder && embedFiles(work, tally, { chunks, embedder, writer, progress, signal });
  const failure = await embedding?.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  progress.stop();
  // Not before: a file that has moved takes its vectors from the one that is gone.
  if (!failure) await remove(changes.gone);
  // A run that fails at its first file makes no store.
  const isNothing = !saved.store && writer.store.size === 0 && tally.finished.size === 0;
  if (!failure || !isNothing) await writer.save();
  return { tally, seconds: (performance.now() - startedAt) / 1_000, failure };
}
