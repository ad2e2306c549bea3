import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "../../packages");

/** The packages that go to npm: the name of the folder, its path, and its package.json. */
export function publishedPackages() {
  return readdirSync(packages)
    .map((name) => ({ name, folder: join(packages, name) }))
    .map((entry) => ({ ...entry, manifest: readManifest(entry.folder) }))
    .filter(({ manifest }) => !manifest.private);
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
