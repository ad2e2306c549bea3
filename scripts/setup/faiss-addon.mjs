import { AddonError } from "../../packages/cli/src/build-faiss/addon-error.mjs";
import { provideAddon } from "../../packages/cli/src/build-faiss/provide-addon.mjs";
import { tryAddon } from "../../packages/cli/src/build-faiss/try-addon.mjs";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";
import { provideSystemFaiss } from "./system-faiss.mjs";

/**
 * Whether faiss-node's native addon loads and can search.
 *
 * @param {string} root
 */
export function faissAddonWorks(root) {
  return tryAddon(root).works;
}

/**
 * Installs the addon as `embeddinggemma build-faiss` does, and FAISS itself if it may.
 *
 * @param {string} root
 */
export async function provideFaissAddon(root) {
  const start = performance.now();
  try {
    const { state } = await provideAddon(root, { provideFaiss: provideSystemFaiss });
    report(`FAISS addon ${state} in ${elapsed(start)}`);
  } catch (error) {
    throw error instanceof AddonError ? new SetupError(error.message, error.remedy) : error;
  }
}
