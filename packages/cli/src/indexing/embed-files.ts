import type { DocumentInput, Embedder } from "@embeddinggemma/core";
import { escapeControls } from "@embeddinggemma/internal";
import type { ChunkSettings } from "../documents/split-document.ts";
import type { Progress } from "../terminal/progress.ts";
import {
  type Chunk,
  type ChunkedFile,
  chunkSource,
  readSource,
  type SourceFile,
} from "./chunk-file.ts";
import { Meter } from "./meter.ts";
import type { StoreWriter } from "./store-writer.ts";

/** How many chunks are embedded together, at first and later. Larger batches are faster. */
const batchSizes = { first: 8, least: 4, most: 256 };

/** Seconds that a batch may take. Ctrl-C loses the work on one batch. */
const batchTime = { least: 2, most: 4 };

/** Seconds from one save to the next. */
const saveEvery = 15;

export interface EmbedFilesOptions {
  readonly chunks: ChunkSettings;
  readonly embedder: Embedder;
  readonly writer: StoreWriter;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What was done. It is up to date also after an error. */
export interface Tally {
  /** Sources whose chunks are all in the store. */
  readonly finished: Set<string>;
  /** Chunks that were embedded. */
  embedded: number;
  readonly failures: Failure[];
  /** What is wrong with files that are indexed. */
  readonly warnings: Failure[];
  /** Files that were removed from the store. */
  removed: number;
}

/** Says what is wrong with a file that is indexed nevertheless. */
export function warnOf(
  { source }: SourceFile,
  fault: string,
  { warnings }: Tally,
  progress: Progress,
): void {
  warnings.push({ source, reason: fault });
  progress.note(escapeControls(`${source}: ${fault} The file is indexed.`));
}

/** A file, and what is wrong with it. */
interface Failure {
  readonly source: string;
  readonly reason: string;
}

/**
 * Reads, splits and embeds files, and saves from time to time. Files that cannot be read are noted
 * and left out.
 */
export async function embedFiles(
  files: readonly SourceFile[],
  tally: Tally,
  { chunks, embedder, writer, progress, signal }: EmbedFilesOptions,
): Promise<void> {
  const countTokens = (text: string) =>
    embedder.countTokens(text, { prompt: "", addSpecialTokens: false });
  await countTokens(""); // A server that does not count is no fault of the first file.
  const meter = new Meter(files, progress);
  let batchSize = batchSizes.first;
  let batch: Chunk[] = [];
  /** Files whose last chunk is in the batch, or in the store already. */
  let whole: ChunkedFile[] = [];

  const flush = async () => {
    if (batch.length > 0) {
      const start = performance.now();
      const vectors = await embedder.encodeDocument(batch.map(inputOf), {
        signal,
        onProgress: (part) => meter.show(part, tally.finished.size + tally.failures.length),
      });
      await writer.add(batch, vectors);
      meter.finishBatch(batch.length);
      batchSize = nextBatchSize(batchSize, (performance.now() - start) / 1_000);
      tally.embedded += batch.length;
    }
    for (const file of whole) {
      await writer.finish(file);
      tally.finished.add(file.source);
    }
    batch = [];
    whole = [];
    await writer.save(saveEvery);
  };

  for (const file of files) {
    signal.throwIfAborted();
    const read = await readSource(file).catch((error: Error) => {
      tally.failures.push({ source: file.source, reason: error.message });
      progress.note(`${escapeControls(file.source)}: ${error.message}`);
    });
    if (!read) {
      meter.pass(file.bytes);
      continue;
    }
    const { fault } = read.document;
    if (fault !== undefined) warnOf(file, fault, tally, progress);
    const chunked = await chunkSource(read, { settings: chunks, countTokens, signal });
    const fresh = await writer.addKnown(chunked);
    if (fresh.length === 0) meter.pass(file.bytes);
    for (const chunk of fresh) {
      if (batch.length >= batchSize) await flush();
      batch.push(chunk);
      meter.queue(file.bytes / fresh.length);
    }
    whole.push(chunked);
  }
  await flush();
}

function nextBatchSize(size: number, seconds: number): number {
  if (seconds < batchTime.least) return Math.min(size * 2, batchSizes.most);
  if (seconds > batchTime.most) return Math.max(size / 2, batchSizes.least);
  return size;
}

function inputOf({ record: { pageContent, metadata } }: Chunk): DocumentInput {
  const { title } = metadata;
  return typeof title === "string" ? { title, text: pageContent } : pageContent;
}
