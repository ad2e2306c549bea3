import { type OpenFile, openStored } from "./durable-file.ts";
import type { Manifest, StoredFile } from "./manifest-content.ts";

/** The files of a saved store, all open: a writer that replaces them does no harm. */
export class OpenFiles {
  readonly #files: ReadonlyMap<StoredFile, OpenFile>;

  private constructor(files: ReadonlyMap<StoredFile, OpenFile>) {
    this.#files = files;
  }

  /** @throws FaissStoreError `FILE_MISSING`, `READ_FAILED` */
  static async of(directory: string, manifest: Manifest): Promise<OpenFiles> {
    const files = new Map<StoredFile, OpenFile>();
    try {
      for (const stored of filesOf(manifest))
        files.set(stored, await openStored(directory, stored));
    } catch (error) {
      await closeAll(files);
      throw error;
    }
    return new OpenFiles(files);
  }

  /** @param stored - of the manifest */
  get(stored: StoredFile): OpenFile {
    return this.#files.get(stored)!;
  }

  close(): Promise<void> {
    return closeAll(this.#files);
  }
}

function filesOf({ segments, deleted, index_file: indexFile }: Manifest): StoredFile[] {
  const inSegments = segments.flatMap(({ vectors, records }) => [vectors, records]);
  return [...inSegments, deleted, indexFile].filter((file) => file !== undefined && file !== null);
}

async function closeAll(files: ReadonlyMap<StoredFile, OpenFile>): Promise<void> {
  await Promise.all(Array.from(files.values(), ({ handle }) => handle.close()));
}
