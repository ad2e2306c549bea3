import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { FaissStoreError, readFailed } from "../errors.ts";
import { damaged } from "./manifest.ts";
import type { StoredFile } from "./manifest-content.ts";
import { openToRead } from "./open-to-read.ts";

const pieceBytes = 2 ** 20;

/** Writes a new file and waits until it is on disk. */
export async function writeDurably(
  directory: string,
  file: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<StoredFile> {
  const hash = createHash("sha256");
  const handle = await open(join(directory, file), "wx");
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      for (let offset = 0; offset < piece.length; offset += pieceBytes) {
        const part = piece.subarray(offset, offset + pieceBytes);
        hash.update(part);
        bytes += part.length;
        await handle.writeFile(part);
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { file, bytes, sha256: hash.digest("hex") };
}

/** Waits until a file that another process has written is on disk. */
export async function syncFile(directory: string, file: string): Promise<StoredFile> {
  const handle = await open(join(directory, file), "r+");
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    await handle.sync();
    for await (const piece of handle.createReadStream({
      autoClose: false,
      highWaterMark: pieceBytes,
    })) {
      hash.update(piece as Uint8Array);
      bytes += (piece as Uint8Array).length;
    }
  } finally {
    await handle.close();
  }
  return { file, bytes, sha256: hash.digest("hex") };
}

/** Waits until the entries of a folder are on disk, on systems that support this. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** A saved file that is open. */
export interface OpenFile {
  readonly path: string;
  readonly stored: StoredFile;
  readonly handle: FileHandle;
}

/**
 * Opens a saved file. A writer that deletes it does no harm until it is closed.
 *
 * @throws FaissStoreError `FILE_MISSING`, `READ_FAILED`
 */
export async function openStored(directory: string, stored: StoredFile): Promise<OpenFile> {
  const path = join(directory, stored.file);
  try {
    return { path, stored, handle: await openToRead(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw readFailed(path, error);
    throw new FaissStoreError(
      "FILE_MISSING",
      `${path} is missing. Restore the folder from a backup, or build the store again.`,
      { path },
      { cause: error },
    );
  }
}

/**
 * Reads a saved file: first a piece of `header` bytes, then pieces whose lengths are multiples of
 * `multiple`. Do not trust the content before the last piece: only then is the checksum verified.
 *
 * @throws FaissStoreError `FILE_DAMAGED`, `READ_FAILED`
 */
export async function* readVerified(
  { path, stored, handle }: OpenFile,
  { header = 0, multiple = 1 }: { header?: number; multiple?: number } = {},
): AsyncIterable<Buffer> {
  try {
    const { size } = await handle.stat();
    if (size !== stored.bytes) throw damaged(path, await describeSize(handle, size, stored));
    const hash = createHash("sha256");
    const length = Math.max(1, Math.floor(pieceBytes / multiple)) * multiple;
    for (let position = 0; position < size; ) {
      const wanted = position < header ? header : Math.min(length, size - position);
      const piece = Buffer.allocUnsafe(wanted);
      if (!(await readFully(handle, piece, position))) throw damaged(path, "it ends early");
      hash.update(piece);
      position += wanted;
      yield piece;
    }
    if (hash.digest("hex") !== stored.sha256) throw damaged(path, "its checksum is wrong");
  } catch (error) {
    throw FaissStoreError.isInstance(error) ? error : readFailed(path, error);
  }
}

/** Says that a file has another size, and why, if a program has changed its line ends. */
async function describeSize(handle: FileHandle, size: number, { file, bytes }: StoredFile) {
  const difference = `it has ${size} bytes instead of ${bytes}`;
  const added = size - bytes;
  if (added <= 0 || !file.endsWith(".jsonl")) return difference;
  let carriageReturns = 0;
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(piece, 0, pieceBytes, position);
    if (bytesRead === 0) break;
    // JSON escapes them, so they are line ends.
    for (const byte of piece.subarray(0, bytesRead)) carriageReturns += Number(byte === 13);
    position += bytesRead;
  }
  if (carriageReturns !== added) return difference;
  return (
    `${difference}: it has Windows line ends in ${added} lines. Git may have changed them: write ` +
    "`* -text` to a .gitattributes file in the folder, and check it out again"
  );
}

/**
 * Reads until the target is full, since a single read may return less.
 *
 * @returns false if the file ends before the target is full
 */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<boolean> {
  for (let filled = 0; filled < target.length; ) {
    const length = Math.min(pieceBytes, target.length - filled);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}
