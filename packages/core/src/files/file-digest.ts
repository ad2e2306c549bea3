import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { sampleBytes, samplePositions } from "../digest.ts";

/**
 * SHA-256 of a file's size and contents, in hex; of a large file, the contents at
 * {@link samplePositions}.
 */
export async function digestFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const hash = createHash("sha256").update(`${size}:`);
    const positions = samplePositions(size);
    if (positions === null) return hash.update(await file.readFile()).digest("hex");
    const samples = await Promise.all(
      positions.map((position) => file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, position)),
    );
    for (const { buffer } of samples) hash.update(buffer);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
