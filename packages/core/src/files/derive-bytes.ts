import { createHash } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { derivedFile, nullIfFileSystem } from "./derived-files.ts";
import type { DerivedBytes, DerivedBytesMethods } from "./model-folder.ts";

/**
 * See `ModelFolder.derive`. What cannot be kept is made for this load alone.
 *
 * @param folder - see `ModelFolder.derived`
 * @param source - path of the file
 */
export async function deriveBytes(
  folder: string | null,
  source: string,
  { name, extension = ".bin", version, make, isIntact }: DerivedBytesMethods,
): Promise<DerivedBytes> {
  const digest = folder === null ? null : await digestWhole(source).catch(() => null);
  if (digest === null) return { bytes: await make(), file: null };
  let made: Uint8Array<ArrayBuffer> | undefined;
  const kept = await derivedFile(
    folder,
    { name, digest, version, extension },
    {
      async read(path) {
        if (made) return made;
        const bytes = await readBytes(path);
        return isIntact(bytes) ? bytes : null;
      },
      async make(path) {
        made = await make();
        await writeFile(path, made);
      },
    },
  ).catch(nullIfFileSystem);
  return { bytes: kept ?? made ?? (await make()), file: null };
}

const chunkLength = 1 << 20;

/** SHA-256 of a whole file, in pieces, so that the event loop runs in between. */
async function digestWhole(path: string): Promise<string> {
  const file = await open(path);
  try {
    const hash = createHash("sha256");
    const chunk = Buffer.alloc(chunkLength);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkLength);
      if (bytesRead === 0) return hash.digest("hex").slice(0, 32);
      hash.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Reads a file at once. Unlike those of `readFile`, the bytes are at the start of their buffer. */
async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
