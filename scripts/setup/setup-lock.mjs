import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

const longestSetupMs = 20 * 60_000;

/**
 * Runs `work` while no other set-up of this clone runs. The lock of a process that is gone is taken over.
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
    if (isStale(lock)) {
      rmSync(lock, { force: true });
    } else {
      if (!waited) report(`waiting for another set-up of this folder (if there is none, delete ${lock}) …`);
      waited = true;
      await sleep(200);
    }
  }
}

function isStale(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > longestSetupMs) return true;
    const holder = Number(readFileSync(lock, "utf8"));
    return holder > 0 && !isAlive(holder); // 0: just created, not yet written
  } catch {
    return false; // released meanwhile
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM"; // alive, and somebody else's
  }
}
