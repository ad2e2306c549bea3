import type { FileHandle } from "node:fs/promises";
import { FaissStoreError, readFailed } from "../errors.ts";
import { openToRead } from "../files/open-to-read.ts";
import type { FlatFile } from "./faiss-header.ts";
import { readIndex } from "./faiss-index.ts";
import { FileCursor } from "./file-cursor.ts";

export type { FlatFile } from "./faiss-header.ts";
export { damagedFile } from "./file-cursor.ts";

/**
 * Reads a FAISS file of a kind that has its vectors bit for bit, L2 or inner product. Does not need
 * FAISS. A forged header cannot make it allocate more memory than the file is long.
 *
 * @throws FaissStoreError `FILE_MISSING`, `NOT_A_STORE`, `FILE_DAMAGED`, `READ_FAILED`
 */
export function readFlatFile(path: string): Promise<FlatFile> {
  return withFile(path, async (handle) => {
    const file = await FileCursor.of(path, handle);
    return readIndex(file, file.size);
  });
}

export function readBytes(path: string): Promise<Buffer> {
  return withFile(path, (handle) => handle.readFile());
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openToRead(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      const message = `${path} does not exist. Copy it there, or pass another path.`;
      throw new FaissStoreError("FILE_MISSING", message, { path }, { cause: error });
    }
    throw readFailed(path, error);
  });
  try {
    return await use(handle);
  } catch (error) {
    throw FaissStoreError.isInstance(error) ? error : readFailed(path, error);
  } finally {
    await handle.close();
  }
}
