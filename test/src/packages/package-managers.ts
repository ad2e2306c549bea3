import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtimeBinary } from "../runtimes/runtime-binary.ts";
import { unpackedPackage } from "./unpacked-package.ts";

/** How an application installs packages and runs programs. */
export interface PackageManager {
  title: string;
  /** Command that adds dependencies, without them. */
  add: () => Promise<string[]>;
  /** Command that runs a program without a network, without the program. */
  run: () => Promise<string[]>;
  /** Prefix of a dependency's name. */
  prefix?: string;
  /** Files of a new application that configure it, with a registry for `@embeddinggemma`. */
  files: (registry: string) => Record<string, string>;
}

const offline = fileURLToPath(new URL("consumers/offline.cjs", import.meta.url));
const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache/managers", import.meta.url));
const cacheOf = (name: string) => join(cacheFolder, name);

const node = async () => [process.execPath, "--require", offline];
const npmrc = (registry: string) => ({ ".npmrc": `@embeddinggemma:registry=${registry}` });

/** Versions up to 11 run install scripts. */
export const npm: PackageManager = {
  title: "npm",
  add: async () => ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"],
  run: node,
  files: npmrc,
};

/** For `faiss-node`, whose install script would download its addon from GitHub. */
export const npmWithoutScripts: PackageManager = {
  ...npm,
  add: async () => [...(await npm.add()), "--ignore-scripts"],
};

const yarn4 = async () => [
  process.execPath,
  join(await unpackedPackage("@yarnpkg/cli-dist", "4.18.1"), "bin/yarn.js"),
];

/** Needs the least time. Its cache is in the application. */
export const bun: PackageManager = {
  title: "Bun",
  add: async () => [await runtimeBinary("bun", "1.4.5"), "add", "--cache-dir", ".cache"],
  run: async () => [await runtimeBinary("bun", "1.4.5"), "--preload", offline],
  files: npmrc,
};

/** Each runs install scripts if it does so by default, as Yarn 1 does. */
export const otherPackageManagers: PackageManager[] = [
  {
    title: "pnpm 10",
    add: async () => [
      ...[process.execPath, join(await unpackedPackage("pnpm", "10.34.9"), "bin/pnpm.cjs")],
      ...["add", "--prefer-offline", "--store-dir", cacheOf("pnpm")],
    ],
    run: node,
    files: npmrc,
  },
  {
    title: "Yarn 1",
    add: async () => [
      ...[process.execPath, join(await unpackedPackage("yarn", "1.22.22"), "bin/yarn.js")],
      ...["add", "--prefer-offline", "--network-timeout", "300000"],
      ...["--cache-folder", cacheOf("yarn-1")],
    ],
    run: node,
    files: npmrc,
  },
  {
    title: "Yarn 4 with Plug'n'Play",
    add: async () => [...(await yarn4()), "add"],
    run: async () => [...(await yarn4()), "node", "--require", offline],
    files: yarn4Files,
  },
  bun,
  {
    title: "Deno",
    add: async () => [await runtimeBinary("deno", "2.9.6"), "add", "--quiet"],
    run: async () => [await runtimeBinary("deno", "2.9.6"), "run", "-A", "--deny-net"],
    prefix: "npm:",
    files: npmrc,
  },
];

/** The packages of this clone change, but not their versions, so no cache may have them. */
export async function forgetCachedPackages(): Promise<void> {
  const ours = ["-maxdepth", "6", "-name", "*embeddinggemma*", "-prune"];
  const remove = ["-exec", "rm", "-rf", "{}", "+"];
  await mkdir(cacheFolder, { recursive: true });
  await promisify(execFile)("find", [cacheFolder, ...ours, ...remove]);
}

function yarn4Files(registry: string): Record<string, string> {
  const config = {
    nodeLinker: "pnp",
    globalFolder: cacheOf("yarn-4"),
    compressionLevel: 0,
    enableTelemetry: false,
    unsafeHttpWhitelist: ["127.0.0.1"],
    npmScopes: { embeddinggemma: { npmRegistryServer: registry } },
    // As docs/embed/browsers.md says.
    packageExtensions: {
      "@huggingface/transformers@*": { dependencies: { "onnxruntime-common": "*" } },
    },
  };
  return { ".yarnrc.yml": JSON.stringify(config), "yarn.lock": "" };
}
