import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** An installed package. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** Its entry for CommonJS. */
  readonly main: string;
}

/** The application in a folder, as far as it uses this project. */
export interface Application {
  readonly path: string;
  /** Packages of this project that it can import; empty if there are none. */
  readonly packages: readonly Package[];
  /** The copies of `@embeddinggemma/core` that they load; else the one of this program. */
  readonly cores: readonly Package[];
}

const names = [
  "core",
  "faiss",
  "langchain",
  "llamaindex",
  "ai-sdk",
  "server",
  "tune",
  "tiny-model",
];

/** Finds the packages of this project in an application. */
export function findApplication(folder: string): Application {
  const path = resolve(folder);
  const packages = names.flatMap((name) => findPackage(`@embeddinggemma/${name}`, path) ?? []);
  const coresFrom = (places: readonly string[]) =>
    places.flatMap((place) => findPackage("@embeddinggemma/core", place) ?? []);
  const loaded = coresFrom(packages.map((one) => one.path));
  const cores = loaded.length > 0 ? loaded : coresFrom([ownFolder]);
  return {
    path,
    packages,
    cores: [...new Map(cores.map((core) => [core.path, core])).values()],
  };
}

/** Folder of this program. */
export const ownFolder = dirname(fileURLToPath(import.meta.url));

/** The package that code in a folder imports; undefined if there is none. */
export function findPackage(name: string, folder: string): Package | undefined {
  const own = join(folder, "package.json");
  const require = createRequire(own);
  // A package need not export its `package.json`, so the folders are searched as Node.js does.
  const installed = require.resolve
    .paths(name)
    ?.map((modules) => join(modules, name, "package.json"))
    .find((path) => existsSync(path));
  // A package can import itself, and Yarn's Plug'n'Play has no folders to search.
  const manifest = installed ?? resolved(require, `${name}/package.json`);
  return manifest === undefined ? undefined : read(manifest);
}

function resolved(require: NodeJS.Require, path: string): string | undefined {
  try {
    return require.resolve(path);
  } catch {
    return undefined;
  }
}

function read(manifest: string): Package {
  const { name, version, main = "index.js" } = JSON.parse(readFileSync(manifest, "utf8"));
  return { name, version, main, path: dirname(realpathSync(manifest)) };
}
