import { type FileHandle, open, stat } from "node:fs/promises";

/** Opens a file, but not a FIFO or a device: reading from one can take for ever. */
export async function openToRead(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new Error("it is not a regular file");
  return open(path, "r");
}
