import { join } from "node:path";
import { unpackedPackage } from "../packages/unpacked-package.ts";

type RuntimeName = "node" | "bun" | "deno";

interface Package {
  /** Name in the npm registry. */
  name: string;
  /** Path of the binary in the package. */
  file: string;
}

/**
 * Path of a runtime's binary for this platform. It is downloaded from the npm registry once.
 *
 * @param version - such as `24.21.0`
 */
export async function runtimeBinary(runtime: RuntimeName, version: string): Promise<string> {
  const { name, file } = packageOf(runtime);
  return join(await unpackedPackage(name, version, file), file);
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
