import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oncePerRun } from "../../../vitest.once.ts";

const packagesFolder = fileURLToPath(new URL("../../../packages", import.meta.url));

/** The folders of the published packages. */
export const packageNames = [
  ...(["ai-sdk", "cli", "core", "faiss", "langchain", "llamaindex"] as const),
  ...(["server", "tiny-model", "tune"] as const),
];

export type PackageName = (typeof packageNames)[number];

/** The name in the npm registry. */
export function npmName(name: PackageName): string {
  return name === "cli" ? "embeddinggemma" : `@embeddinggemma/${name}`;
}

/**
 * Packs the built packages as `npm publish` does, once for all test files of a run.
 *
 * @returns the paths of the tarballs
 */
export function packPackages(): Promise<Record<PackageName, string>> {
  const builds = packageNames.map((name) => join(packagesFolder, name, "dist"));
  return oncePerRun("packed", builds.filter(existsSync), (folder) => pack(packageNames, folder));
}

export function packPackage(name: PackageName, folder: string): string {
  return pack([name], folder)[name];
}

/** npm takes a second to start, so it packs all at once. */
function pack<Name extends PackageName>(
  packed: readonly Name[],
  folder: string,
): Record<Name, string> {
  const folders = packed.map((name) => join(packagesFolder, name));
  const unbuilt = folders.find((path) => !existsSync(join(path, "dist")));
  if (unbuilt !== undefined) throw new Error(`${unbuilt} is not built. Run \`npm run build\`.`);
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", folder, ...folders], {
    cwd: tmpdir(), // In a workspace, npm warns that it packs others.
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const tarballs = JSON.parse(output) as { name: string; filename: string }[];
  return Object.fromEntries(
    packed.map((name) => {
      const { filename } = tarballs.find((tarball) => tarball.name === npmName(name))!;
      return [name, join(folder, filename)];
    }),
  ) as Record<Name, string>;
}
