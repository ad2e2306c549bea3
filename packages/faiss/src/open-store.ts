import { join } from "node:path";
import { shapeOf } from "./files/manifest-content.ts";
import { readStore } from "./files/read-store.ts";
import type { SavedState } from "./files/write-store.ts";
import { type FaissEngine, loadEngine } from "./index/faiss-engine.ts";
import { StoreContent } from "./store-content.ts";
import type { FaissStoreOptions, OpenOptions } from "./types.ts";

/** What a saved store consists of. */
export interface OpenedStore<R> {
  id: string;
  options: FaissStoreOptions;
  engine: FaissEngine | undefined;
  content: StoreContent<R>;
  saved: SavedState;
}

/** @param directory - absolute path */
export async function openStore<R>(
  directory: string,
  openOptions: OpenOptions,
): Promise<OpenedStore<R>> {
  const { manifest, table } = await readStore<R>(directory, openOptions);
  const { id, dimension, index } = manifest;
  const { scanBelow, faissNode } = openOptions;
  const engine = await loadEngine(openOptions, index);
  const options: FaissStoreOptions = {
    ...shapeOf(manifest),
    index,
    engine: openOptions.engine,
    scanBelow,
    faissNode,
    oversample: openOptions.oversample ?? manifest.oversample,
    nprobe: openOptions.nprobe ?? manifest.nprobe ?? undefined,
    efSearch: openOptions.efSearch ?? manifest.efSearch ?? undefined,
    identity:
      (openOptions.allowMismatch ? openOptions.identity : undefined) ??
      manifest.identity ??
      undefined,
  };
  const content = new StoreContent<R>(options, dimension, engine);
  content.table = table;
  const { index_file: indexFile } = manifest;
  if (indexFile) await content.index?.read(join(directory, indexFile.file), indexFile.rows);
  await content.prepareSearch();
  return {
    id,
    options,
    engine,
    content,
    saved: { manifest, lineage: table.lineage, version: table.version },
  };
}
