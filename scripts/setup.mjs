/**
 * Sets up a fresh clone: `node scripts/setup.mjs [--build] [--browser] [--redis] [--curl]`.
 * `--build` also builds the packages, `--browser` also installs the browser for the browser tests,
 * `--redis` the Redis of examples/fleet, and `--curl` curl, which tests of the server run.
 *
 * It needs only the npm registry and the system's package repository. It skips what is already
 * done, so every command can start with it.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowser, provideBrowser } from "./setup/browser.mjs";
import { buildPackages } from "./setup/build.mjs";
import { dependenciesAreInstalled, installDependencies } from "./setup/dependencies.mjs";
import { faissAddonWorks, provideFaissAddon } from "./setup/faiss-addon.mjs";
import { hasProgram, provideProgram } from "./setup/programs.mjs";
import { requireReadable } from "./setup/readable.mjs";
import { report } from "./setup/report.mjs";
import { SetupError } from "./setup/setup-error.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const needsBuild = process.argv.includes("--build");
const needsBrowser = process.argv.includes("--browser");
const neededPrograms = [
  ...(process.argv.includes("--redis") ? ["redis-server"] : []),
  ...(process.argv.includes("--curl") ? ["curl"] : []),
];

try {
  requireNode(20, 19);
  requireReadable(root);
  if (!isReady()) await withSetupLock(root, makeReady);
  if (needsBuild) buildPackages(root);
} catch (error) {
  process.exitCode = 1;
  report(error instanceof SetupError ? error.message : `failed unexpectedly: ${error}`);
  if (error instanceof SetupError && error.remedy) console.error(`\n${error.remedy}\n`);
}

function isReady() {
  return (
    dependenciesAreInstalled(root) &&
    (!needsBrowser || findBrowser()) &&
    neededPrograms.every(hasProgram) &&
    faissAddonWorks(root)
  );
}

/**
 * Checks each step again: another set-up may have done it while this one waited. npm needs one core
 * for a minute, so the system's packages are installed meanwhile.
 */
async function makeReady() {
  const steps = await Promise.allSettled([
    dependenciesAreInstalled(root) || installDependencies(root),
    providePrograms(),
  ]);
  for (const step of steps) if (step.status === "rejected") throw step.reason;
  if (!faissAddonWorks(root)) await provideFaissAddon(root);
}

async function providePrograms() {
  if (needsBrowser && !findBrowser()) provideBrowser();
  for (const name of neededPrograms) if (!hasProgram(name)) provideProgram(name);
}

function requireNode(major, minor) {
  const [currentMajor, currentMinor] = process.versions.node.split(".").map(Number);
  if (currentMajor > major || (currentMajor === major && currentMinor >= minor)) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old.`,
    `Install Node ${major}.${minor} or later.`,
  );
}
