import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * `TEST_RUN_FOLDER` is a folder for what test files share, which is removed after the run. What
 * tests compute from models is kept there too, not in the home folder of whoever runs them.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "embeddinggemma-assets-"));
  process.env.TEST_RUN_FOLDER = folder;
  process.env.HF_ASSETS_CACHE = join(folder, "assets");
  return () => rm(folder, { recursive: true, force: true });
}
