import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What tests compute from models is not kept in the home folder of whoever runs them. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-assets-"));
  process.env.HF_ASSETS_CACHE = folder;
  return () => rm(folder, { recursive: true, force: true });
}
