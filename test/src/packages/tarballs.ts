import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packagesFolder = fileURLToPath(new URL("../../../packages", import.meta.url));
const names = ["core", "faiss", "langchain", "llamaindex", "server", "tiny-model", "tune"] as const;

export type PackageName = (typeof names)[number];

/** Packs the built packages as `npm publish` does. Returns the paths of the tarballs. */
export function packPackages(folder: string): Record<PackageName, string> {
  return Object.fromEntries(names.map((name) => [name, packPackage(name, folder)])) as Record<
    PackageName,
    string
  >;
}

export function packPackage(name: PackageName, folder: string): string {
  const packageFolder = join(packagesFolder, name);
  if (!existsSync(join(packageFolder, "dist")))
    throw new Error(`${packageFolder} is not built. Run \`npm run build\`.`);
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: packageFolder,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  return join(folder, filename);
}
