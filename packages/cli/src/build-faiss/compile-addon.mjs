import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AddonError } from "./addon-error.mjs";
import { systemFaissRemedy } from "./system-faiss.mjs";
import { tryAddon } from "./try-addon.mjs";

/**
 * FAISS 1.7.3 in Debian 12 declares `idx_t` only inside its classes. The source of faiss-node
 * expects it in the namespace.
 */
const compatibility = "#include <cstdint>\nnamespace faiss { using idx_t = int64_t; }\n";

/**
 * Compiles the addon against the system's FAISS, in a separate folder, and moves it into place only
 * if it works.
 *
 * @param {string} packageFolder folder of faiss-node
 * @param {AbortSignal} [signal]
 * @throws {AddonError} that says what to do
 */
export async function compileAddon(packageFolder, signal) {
  const folder = join(packageFolder, "build", "compile");
  const release = join(packageFolder, "build", "Release");
  const addon = join(folder, "faiss-node.node");
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    mkdirSync(release, { recursive: true });
    writeFileSync(join(folder, "compatibility.h"), compatibility);
    await runCompiler(optionsOf(packageFolder, folder, addon), signal);
    const { works, reason } = tryAddon(packageFolder, addon);
    if (!works) throw new AddonError(`The FAISS addon was compiled but does not work: ${reason}`);
    renameSync(addon, join(release, "faiss-node.node"));
  } catch (error) {
    throw isNoPermission(error) ? cannotWrite(packageFolder, error) : error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} packageFolder
 * @param {string} folder
 * @param {string} addon
 */
function optionsOf(packageFolder, folder, addon) {
  const require = createRequire(import.meta.url);
  const packageRequire = createRequire(join(packageFolder, "package.json"));
  // biome-ignore format: the options of one command, grouped by meaning
  return [
    "-std=c++17", "-O3", "-fPIC", "-shared", ...systemOptions(), "-DNAPI_VERSION=8",
    "-I", require("node-api-headers").include_dir,
    "-I", dirname(packageRequire.resolve("node-addon-api/package.json")),
    "-include", join(folder, "compatibility.h"),
    join(packageFolder, "src", "faiss.cc"), "-lfaiss", ...linearAlgebra(),
    "-o", addon,
  ];
}

/** Apple's compiler knows no OpenMP, and must be told that Node.js has the symbols of Node-API. */
function systemOptions() {
  if (process.platform !== "darwin") return ["-fopenmp"];
  const prefix = process.arch === "arm64" ? "/opt/homebrew" : "/usr/local";
  return ["-undefined", "dynamic_lookup", `-I${prefix}/include`, `-L${prefix}/lib`];
}

function linearAlgebra() {
  return process.platform === "darwin" ? ["-framework", "Accelerate"] : ["-lblas", "-llapack"];
}

/**
 * @param {readonly string[]} options
 * @param {AbortSignal | undefined} signal
 */
async function runCompiler(options, signal) {
  const child = spawn("g++", options, { stdio: ["ignore", "ignore", "pipe"], signal });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    log += text;
  });
  /** @type {number | null | Error} */
  const result = await new Promise((resolve) => {
    child.on("error", resolve);
    child.on("close", resolve);
  });
  signal?.throwIfAborted();
  if (result === 0) return;
  const reason = result instanceof Error ? result.message : lastLines(log, 15);
  throw new AddonError(
    `The FAISS addon could not be compiled against the system's FAISS:\n\n${reason}`,
    systemFaissRemedy(),
  );
}

/**
 * @param {string} text
 * @param {number} count
 */
function lastLines(text, count) {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

/** @param {unknown} error */
function isNoPermission(error) {
  const { code } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === "EACCES" || code === "EPERM" || code === "EROFS";
}

/**
 * @param {string} packageFolder
 * @param {unknown} error
 */
function cannotWrite(packageFolder, error) {
  const { message } = /** @type {Error} */ (error);
  return new AddonError(
    `The FAISS addon cannot be written: ${message}`,
    `Run the command as the user who owns ${packageFolder}.`,
  );
}
