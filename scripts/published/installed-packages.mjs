import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./published-packages.mjs";

const root = join(import.meta.dirname, "../..");

/**
 * Users get the newest major version that is allowed. The lock file has it as an alias. Beside
 * LlamaIndex, only the older one is.
 */
const transformers = { name: "@huggingface/transformers", newest: "transformers-v4" };

/**
 * What an installation of a published package brings, as the lock file has it: paths such as
 * `node_modules/hono`, with their entries. Peers of our packages are included, with the optional
 * ones; optional peers of other packages are not.
 *
 * @param {string} name - of the folder in `packages/`
 * @returns {Map<string, Record<string, any>>}
 */
export function installedPackages(name) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const own = new Set(publishedPackages().map(({ name }) => `packages/${name}`));
  const found = new Set([`packages/${name}`]);
  for (const path of found) {
    for (const needed of dependenciesOf(packages[path], own.has(path))) {
      const isNewest = needed === transformers.name && name !== "llamaindex";
      const dependency = resolve(packages, path, isNewest ? transformers.newest : needed);
      if (dependency !== undefined) found.add(dependency); // The loop visits it, too.
    }
  }
  return new Map(
    [...found].map((path) => [
      path.replace(transformers.newest, transformers.name),
      packages[path],
    ]),
  );
}

function dependenciesOf(entry, isOwn) {
  const peers = Object.keys(entry.peerDependencies ?? {});
  return [
    ...Object.keys(entry.dependencies ?? {}),
    ...Object.keys(entry.optionalDependencies ?? {}),
    ...peers.filter((name) => isOwn || !entry.peerDependenciesMeta?.[name]?.optional),
  ];
}

/** Where Node.js finds a package: in `node_modules` of the folder or of one above it. */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/"), 0))) {
    const path = join(folder, "node_modules", name).replaceAll("\\", "/");
    const entry = packages[path];
    if (entry) return entry.link ? entry.resolved : path;
    if (folder === "") return undefined;
  }
}
