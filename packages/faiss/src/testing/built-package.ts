import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "tsdown";

const root = join(import.meta.dirname, "../..");

/**
 * Builds the current sources into one JavaScript module that a child process can import.
 *
 * @returns the path of the module, and a function that removes it
 */
export async function buildPackage(): Promise<{ entry: string; remove: () => Promise<void> }> {
  const folder = join(root, "node_modules", ".test-build", String(process.pid));
  await mkdir(folder, { recursive: true });
  await build({
    config: false,
    cwd: root,
    entry: { index: join(root, "src/index.ts") },
    outDir: folder,
    format: "esm",
    platform: "node",
    fixedExtension: true,
    dts: false,
    clean: false,
    logLevel: "silent",
  });
  for (const file of ["faiss-process.mjs", "faiss-index-file.mjs"])
    await cp(join(root, "src/index", file), join(folder, file));
  return {
    entry: join(folder, "index.mjs"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
