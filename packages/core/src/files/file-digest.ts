import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { sampleBytes, samplePositions } from "../digest.ts";

/**
 * SHA-256 of a file's size and content, in hex. A large file is not read as a whole: only its size
 * and the samples at {@link samplePositions} count.
 */
export async function digestFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const positions = samplePositions(size);
    const parts = positions ? await readSamples(file, positions) : [await file.readFile()];
    const hash = createHash("sha256").update(`${size}:`);
    for (const part of parts) hash.update(part);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

function readSamples(file: FileHandle, positions: readonly number[]): Promise<Buffer[]> {
  return Promise.all(
    positions.map(async (position) => {
      const { buffer } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position);
      return buffer;
    }),
  );
}
