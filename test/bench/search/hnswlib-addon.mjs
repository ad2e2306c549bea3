import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Compiles `hnswlib-node`, which comes as source, with the flags of its own `binding.gyp` and the
 * headers of Node's C API from npm. So this needs a compiler, but no download from GitHub.
 *
 * @returns why it could not be compiled, or undefined
 */
export function compileHnswlib() {
  const peers = createRequire(new URL("../peers/package.json", import.meta.url));
  const folder = dirname(dirname(peers.resolve("hnswlib-node")));
  const output = join(folder, "build/Release/addon.node");
  if (existsSync(output)) return undefined;
  mkdirSync(dirname(output), { recursive: true });
  const headers = createRequire(import.meta.url).resolve("node-api-headers/package.json");
  const { status, error, stderr } = spawnSync(
    "g++",
    [
      ...["-std=c++17", "-O3", "-fPIC", "-shared", "-DNAPI_VERSION=8"],
      ...["-I", join(dirname(headers), "include")],
      ...["-I", dirname(peers.resolve("node-addon-api/package.json"))],
      ...[join(folder, "src/addon.cc"), "-o", output],
    ],
    { encoding: "utf8" },
  );
  if (status === 0) return undefined;
  return `could not be compiled (${error?.message ?? stderr.trim().split("\n").at(0)})`;
}
