import { type FileHandle, open, stat } from "node:fs/promises";

/** Opens a regular file. Reading from a FIFO or a device could take forever. */
export async function openToRead(path: string): Promise<FileHandle> {
  if (!(await stat(path)).isFile()) throw new Error("it is not a regular file");
  return open(path, "r");
}
