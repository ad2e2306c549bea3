import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../peers", import.meta.url));
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");

/**
 * Installs the peers of `test/bench/peers`, which have a lock file of their own, if they are not
 * installed or the lock file changed. Install scripts do not run.
 *
 * @returns why they could not be installed, or undefined
 */
export function installPeers(log = console.error) {
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  const stamp = join(folder, "node_modules/.installed-lock.json");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return undefined;
  log("Installing the peers (npm ci in test/bench/peers) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status, error, stderr } = spawnSync(
    npm,
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: folder, encoding: "utf8", shell: process.platform === "win32" },
  );
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim().split("\n").at(0) ?? `exit code ${status}`;
    return `not installed: npm ci in test/bench/peers failed (${reason})`;
  }
  writeFileSync(stamp, lock);
  return undefined;
}

/**
 * The interpreter that an option names, or else one with the packages of a `requirements.txt`.
 *
 * @param given - the option: a path, `none`, or undefined
 * @param name - name of the environment that is made in the user's cache
 * @param requirements - URL of the file
 * @returns the interpreter as `python`, or as `missing` why there is none
 */
export function pythonFor(given, name, requirements, log) {
  if (given === "none") return { missing: "left out" };
  if (given === undefined) return pythonEnvironment(name, fileURLToPath(requirements), log);
  return existsSync(given) ? { python: given } : { missing: `${given} does not exist` };
}

/** Makes a virtual environment with the packages of a file, unless there is one. */
function pythonEnvironment(name, requirements, log) {
  const root = join(cache, "embeddinggemma-bench", name);
  const binary = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";
  const python = join(root, binary);
  const stamp = join(root, "installed.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return { python };
  const base = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!base) return { missing: "Python is not installed" };
  log(`Making a Python environment in ${root}: some minutes, about 2 GB …`);
  rmSync(root, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  for (const [program, ...words] of [
    [base, "-m", "venv", root],
    [python, ...pip, "-r", requirements],
  ]) {
    const { status, error, stderr } = spawnSync(program, words, { encoding: "utf8" });
    if (status !== 0) {
      const reason = error?.message ?? stderr.trim().split("\n").at(-1);
      return { missing: `its Python packages could not be installed (${reason})` };
    }
  }
  writeFileSync(stamp, wanted);
  return { python };
}
