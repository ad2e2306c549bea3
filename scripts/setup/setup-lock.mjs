import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Runs `work` while no other set-up of this clone runs. Takes over the lock of a process that no
 * longer runs.
 *
 * @param {string} root
 * @param {() => Promise<void>} work
 */
export async function withSetupLock(root, work) {
  const lock = join(root, ".setup.lock"); // Not in node_modules, which `npm ci` deletes.
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
          `cannot write to this folder: ${error.message}`,
          "Run as the user who owns the clone.",
        );
      }
    }
    const holder = readHolder(lock);
    if (holder !== undefined && !isAlive(holder)) {
      removeLockOf(holder, lock);
    } else {
      if (!waited)
        report(`waiting for another set-up of this folder (if none is running, delete ${lock}) …`);
      waited = true;
      await sleep(200);
    }
  }
}

/**
 * Id of the process that holds the lock. Undefined if the lock is gone, or if its process has not
 * written its id yet.
 */
function readHolder(lock) {
  try {
    return Number(readFileSync(lock, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** Removes the lock of `holder`, but puts back a lock that another process has taken meanwhile. */
function removeLockOf(holder, lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readHolder(aside) !== holder) linkSync(aside, lock);
  } catch {
    // Another process has removed it.
  }
  rmSync(aside, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM"; // It runs as another user.
  }
}
