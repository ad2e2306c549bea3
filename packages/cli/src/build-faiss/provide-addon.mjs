import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { AddonError } from "./addon-error.mjs";
import { compileAddon } from "./compile-addon.mjs";
import { downloadAddon } from "./download-addon.mjs";
import { compilerFindsFaiss, systemFaissRemedy } from "./system-faiss.mjs";
import { tryAddon } from "./try-addon.mjs";

// The set-up of the repository imports these files before anything is installed or built. So they
// are plain JavaScript, and import packages only when they need them.

/**
 * It worked before, or how it was made.
 *
 * @typedef {"working" | "downloaded" | "compiled"} AddonState
 */

/**
 * @typedef {object} ProvideOptions
 * @property {boolean} [force] makes the addon again, even if it works
 * @property {boolean} [download] whether to try the binary of faiss-node's release first
 * @property {() => void} [provideFaiss] makes FAISS available to the compiler, or throws
 * @property {(line: string) => void} [report] is told what takes a while
 * @property {AbortSignal} [signal]
 */

/**
 * Makes the native addon of faiss-node work in an application: downloads the binary of faiss-node's
 * release or, if that fails, compiles it against the system's FAISS.
 *
 * @param {string} application a folder of the application
 * @param {ProvideOptions} [options]
 * @returns {Promise<{ packageFolder: string, state: AddonState }>}
 * @throws {AddonError} that says what to do
 */
export async function provideAddon(application, options = {}) {
  const { force = false, download = true, report = () => {}, signal } = options;
  const packageFolder = findFaissNode(application);
  if (!packageFolder) {
    throw new AddonError(
      `faiss-node is not installed in ${resolve(application)}.`,
      "Run `npm install faiss-node` there, then the command again. If its install script fails, " +
        "install it with `npm install --ignore-scripts faiss-node`.",
    );
  }
  if (!force && tryAddon(packageFolder, packageFolder).works)
    return { packageFolder, state: "working" };
  if (download) {
    report("downloading the binary of faiss-node's release …");
    const hasDownloaded = await downloadAddon(packageFolder);
    signal?.throwIfAborted();
    if (hasDownloaded && tryAddon(packageFolder, packageFolder).works)
      return { packageFolder, state: "downloaded" };
    report(hasDownloaded ? "the binary does not work here" : "there is no binary to download");
  }
  (options.provideFaiss ?? requireFaiss)();
  report("compiling the addon against the system's FAISS …");
  await compileAddon(packageFolder, signal);
  return { packageFolder, state: "compiled" };
}

/**
 * Folder of the package faiss-node that code in a folder loads; undefined if there is none.
 *
 * @param {string} folder
 */
export function findFaissNode(folder) {
  try {
    return dirname(
      createRequire(join(resolve(folder), "package.json")).resolve("faiss-node/package.json"),
    );
  } catch {
    return undefined;
  }
}

function requireFaiss() {
  if (compilerFindsFaiss()) return;
  throw new AddonError(
    "The addon must be compiled, but the compiler g++ or the headers of FAISS are missing.",
    systemFaissRemedy(),
  );
}
