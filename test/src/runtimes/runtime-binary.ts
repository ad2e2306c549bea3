import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

type RuntimeName = "node" | "bun" | "deno";

interface Package {
  /** Name in the npm registry. */
  name: string;
  /** Path of the binary in the package. */
  file: string;
}

const run = promisify(execFile);
const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/**
 * Path of a runtime's binary for this platform. It is downloaded from the npm registry once.
 *
 * @param version - such as `24.21.0`
 */
export async function runtimeBinary(runtime: RuntimeName, version: string): Promise<string> {
  const binary = join(cacheFolder, `${runtime}-${version}`);
  if (existsSync(binary)) return binary;
  const { name, file } = packageOf(runtime);
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, `${runtime}-download-`));
  try {
    const { stdout } = await run("npm", ["pack", "--silent", `${name}@${version}`], {
      cwd: folder,
    }).catch((cause: unknown) => {
      throw new Error(
        `The tests need ${runtime} ${version} and could not download ${name}@${version} from the ` +
          "npm registry. Check the network and the registry, then run them again.",
        { cause },
      );
    });
    await run("tar", ["--extract", "--file", stdout.trim(), `package/${file}`], { cwd: folder });
    await rename(join(folder, "package", file), binary);
  } finally {
    await rm(folder, { recursive: true });
  }
  return binary;
}

function packageOf(runtime: RuntimeName): Package {
  const { platform, arch } = process;
  const windows = platform === "win32";
  const extension = windows ? ".exe" : "";
  switch (runtime) {
    case "node":
      return {
        name: `node-${windows ? "win" : platform}-${arch}`,
        file: `bin/node${extension}`,
      };
    case "bun":
      return {
        name: `@oven/bun-${windows ? "windows" : platform}-${arch === "arm64" ? "aarch64" : arch}`,
        file: `bin/bun${extension}`,
      };
    case "deno":
      return {
        name: `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`,
        file: `deno${extension}`,
      };
  }
}
