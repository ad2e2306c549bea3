import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Whether `node_modules` holds what `package-lock.json` asks for, by npm's own record of its last
 * complete installation.
 *
 * @param {string} root
 */
export function dependenciesAreInstalled(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules/.package-lock.json"));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return true; // the root and its workspaces: these are sources
    const found = installed[path];
    if (!found) return Boolean(entry.optional || entry.devOptional); // made for another platform
    return (
      found.version === entry.version &&
      found.integrity === entry.integrity &&
      existsSync(join(root, path))
    );
  });
}

/**
 * Installs from the lock file, without the install scripts of foreign packages: onnxruntime-node's
 * downloads CUDA libraries and faiss-node's needs GitHub.
 *
 * @param {string} root
 */
export function installDependencies(root) {
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
  const { status, error } = runNpm(root, [...options, "--loglevel=error"]);
  if (error || status !== 0) {
    throw new SetupError(
      error
        ? `npm could not be started: ${error.message}`
        : `npm ci failed with exit code ${status}.`,
      "Read npm's message above. It needs the npm registry; behind a proxy set HTTPS_PROXY, for a mirror `npm config set registry`.",
    );
  }
  report(`dependencies installed in ${elapsed(start)}`);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined; // missing, or half-written by an installation that was interrupted
  }
}

/** The npm that runs this script when there is one, else the one on the path. */
function runNpm(root, args) {
  const options = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
}
