import { createHash } from "node:crypto";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest, StoredFile } from "../files/manifest-content.ts";

const manifestName = "faiss-store.json";

/** Writes a manifest with a correct checksum, whatever it contains. */
export async function writeSignedManifest(directory: string, envelope: object): Promise<void> {
  const checksum = createHash("sha256").update(JSON.stringify(envelope)).digest("hex");
  await writeFile(join(directory, manifestName), JSON.stringify({ ...envelope, checksum }));
}

/** A saved store to change with all sizes and checksums corrected. */
export class ForgedStore {
  readonly directory: string;
  readonly manifest: Manifest;

  private constructor(directory: string, manifest: Manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  static async copyOf(original: string, directory: string): Promise<ForgedStore> {
    await rm(directory, { recursive: true, force: true });
    await cp(original, directory, { recursive: true });
    const text = await readFile(join(directory, manifestName), "utf8");
    const { checksum: _checksum, ...manifest } = JSON.parse(text);
    return new ForgedStore(directory, manifest);
  }

  read(stored: StoredFile): Promise<Buffer> {
    return readFile(join(this.directory, stored.file));
  }

  async replace(stored: StoredFile, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content);
    await writeFile(join(this.directory, stored.file), bytes);
    stored.bytes = bytes.length;
    stored.sha256 = createHash("sha256").update(bytes).digest("hex");
  }

  sign(changes: object = {}): Promise<void> {
    return writeSignedManifest(this.directory, { ...this.manifest, ...changes });
  }
}
