import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Whether `node_modules` matches `package-lock.json`. Compares the lock file with npm's own record
 * of its last complete installation.
 *
 * @param {string} root
 */
export function dependenciesAreInstalled(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules/.package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return true; // The root and its workspaces are sources.
    const found = installed[path];
    if (!found) return Boolean(entry.optional || entry.devOptional); // For another platform.
    return (
      found.version === entry.version &&
      found.integrity === entry.integrity &&
      existsSync(join(root, path))
    );
  });
}

/**
 * Installs from the lock file without running install scripts: the one of onnxruntime-node
 * downloads CUDA libraries, and the one of faiss-node needs GitHub.
 *
 * @param {string} root
 */
export async function installDependencies(root) {
  const start = performance.now();
  report("installing the dependencies (npm ci) …");
  const options = [
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  const failure = await runNpm(root, [...options, "--loglevel=error"]);
  if (failure) {
    throw new SetupError(
      failure,
      "Read npm's message above. npm needs the npm registry. Behind a proxy, set HTTPS_PROXY. " +
        "For a mirror, run `npm config set registry <url>`.",
    );
  }
  report(`dependencies installed in ${elapsed(start)}`);
}

/** @param {string} path */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined; // Missing, or incomplete because an installation was interrupted.
  }
}

/**
 * Runs the npm that runs this script, or else the one on the PATH.
 *
 * @param {string} root
 * @param {readonly string[]} args
 * @returns what failed; undefined if nothing did
 */
async function runNpm(root, args) {
  /** @type {import("node:child_process").SpawnOptions} */
  const options = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  const script = process.env.npm_execpath;
  const npm = script?.endsWith(".js")
    ? spawn(process.execPath, [script, ...args], options)
    : spawn("npm", args, { ...options, shell: process.platform === "win32" });
  try {
    const [status] = await once(npm, "close");
    return status === 0 ? undefined : `npm ci failed with exit code ${status}.`;
  } catch (error) {
    return `npm could not be started: ${error}`;
  }
}
