import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/**
 * Folder of an unpacked package of the npm registry, without its dependencies. It is downloaded
 * once.
 *
 * @param version - such as `24.21.0`
 * @param file - the only file to unpack; all of them by default
 */
export async function unpackedPackage(name: string, version: string, file = ""): Promise<string> {
  const unpacked = join(cacheFolder, `${name.replace("/", "+")}-${version}`);
  if (existsSync(unpacked)) return unpacked;
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, "download-"));
  try {
    const { stdout } = await run("npm", ["pack", "--silent", `${name}@${version}`], {
      cwd: folder,
    }).catch((cause: unknown) => {
      throw new Error(
        `The tests could not download ${name}@${version} from the npm registry. Check the ` +
          "network and the registry, then run them again.",
        { cause },
      );
    });
    await run("tar", ["--extract", "--file", stdout.trim(), join("package", file)], {
      cwd: folder,
    });
    await rename(join(folder, "package"), unpacked).catch((error: unknown) => {
      if (!existsSync(unpacked)) throw error; // Another process was faster.
    });
  } finally {
    await rm(folder, { recursive: true });
  }
  return unpacked;
}
