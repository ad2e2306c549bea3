import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Runs `work` while no other set-up of this clone runs. The lock of a process that is gone is taken
 * over.
 *
 * @param {string} root
 * @param {() => Promise<void>} work
 */
export async function withSetupLock(root, work) {
  const lock = join(root, ".setup.lock"); // not in node_modules, which `npm ci` deletes
  await acquire(lock);
  const release = () => rmSync(lock, { force: true });
  process.once("exit", release);
  try {
    await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

async function acquire(lock) {
  for (let waited = false; ; ) {
    try {
      writeFileSync(lock, `${process.pid}`, { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") {
        throw new SetupError(
          `this folder cannot be written to: ${error.message}`,
          "Run as the user who owns the clone.",
        );
      }
    }
    const holder = readHolder(lock);
    if (holder !== undefined && !isAlive(holder)) {
      removeLockOf(holder, lock);
    } else {
      if (!waited)
        report(`waiting for another set-up of this folder (if there is none, delete ${lock}) …`);
      waited = true;
      await sleep(200);
    }
  }
}

/**
 * The process that holds the lock; undefined where none does any more, or has not yet written
 * itself down.
 */
function readHolder(lock) {
  try {
    return Number(readFileSync(lock, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** Removes the lock that was judged, and no other that may have taken its place meanwhile. */
function removeLockOf(holder, lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readHolder(aside) !== holder) linkSync(aside, lock);
  } catch {
    // Somebody else was faster.
  }
  rmSync(aside, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM"; // alive, and somebody else's
  }
}
