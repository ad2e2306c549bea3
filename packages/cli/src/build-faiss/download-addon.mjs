import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const answerTimeoutMs = 8_000;
const downloadTimeoutMs = 120_000;

/**
 * Runs faiss-node's own installer. Resolves to true if it has downloaded a binary, and to false
 * within seconds if its server cannot be reached or has no binary.
 *
 * @param {string} packageFolder folder of faiss-node
 * @returns {Promise<boolean>}
 */
export async function downloadAddon(packageFolder) {
  const installer = installerOf(packageFolder);
  if (!installer) return false;
  const child = spawn(process.execPath, [installer, "--runtime", "napi", "--verbose"], {
    cwd: packageFolder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => void child.kill();
  const answer = setTimeout(kill, answerTimeoutMs);
  const download = setTimeout(kill, downloadTimeoutMs);
  child.stderr.setEncoding("utf8").on("data", (log) => {
    if (/\bhttp 200\b/.test(log)) clearTimeout(answer);
  });
  try {
    return await new Promise((resolve) => {
      child.on("error", () => resolve(false));
      child.on("close", (status) => resolve(status === 0));
    });
  } finally {
    clearTimeout(answer);
    clearTimeout(download);
  }
}

/** @param {string} packageFolder */
function installerOf(packageFolder) {
  try {
    return createRequire(join(packageFolder, "package.json")).resolve("prebuild-install/bin.js");
  } catch {
    return undefined; // A package manager can leave it out, as it is only for installing.
  }
}
