import { randomUUID } from "node:crypto";
import {
  constants,
  copyFile,
  link,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive } from "@embeddinggemma/internal";
import { FaissStoreError } from "../errors.ts";

interface Owner {
  token: string;
  pid: number;
  /** When the process started, on systems that tell. A pid can be reused. */
  started: string;
  host: string;
}

const lockName = "faiss-store.lock";

/** Milliseconds between two updates of the time stamp of a held lock. */
const heartbeatInterval = 5_000;

/** A lock of another machine is stale when it was not updated for this many milliseconds. */
const foreignLockLifetime = 120_000;

/**
 * Runs a task while no other writer of the folder runs one, in any process. Removes the lock of a
 * process that has died.
 *
 * @param task - gets a function that throws if the lock is no longer held. Call it before a step
 * that cannot be undone: another machine removes the lock of a writer that was suspended
 * @throws FaissStoreError `STORE_LOCKED` if another writer takes longer than `timeout` milliseconds
 */
export async function withFolderLock<T>(
  directory: string,
  timeout: number,
  task: (checkHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const path = join(directory, lockName);
  const owner: Owner = {
    token: randomUUID(),
    pid: process.pid,
    started: await startOf(process.pid),
    host: hostname(),
  };
  await acquire(path, owner, timeout);
  const beating = setInterval(
    () => utimes(path, new Date(), new Date()).catch(() => {}),
    heartbeatInterval,
  );
  try {
    await removeDrafts(directory);
    return await task(async () => {
      const present = await readOwner(path);
      if (present?.token !== owner.token) throw locked(path, present, "has taken over this folder");
    });
  } finally {
    clearInterval(beating);
    if ((await readOwner(path))?.token === owner.token) await rm(path, { force: true });
  }
}

async function acquire(path: string, owner: Owner, timeout: number): Promise<void> {
  // The lock appears together with its content. A process that dies in between must not leave a
  // lock without an owner.
  const draft = `${path}.${owner.token}`;
  await writeFile(draft, JSON.stringify(owner), { flag: "wx" });
  try {
    for (const deadline = Date.now() + timeout; ; ) {
      if (await tryLink(draft, path)) return;
      const other = await readOwner(path);
      if (other && (await isGone(other, path))) await removeStale(path, other);
      else if (Date.now() >= deadline) throw locked(path, other, "is saving to this folder");
      else await sleep(5 + Math.random() * 20);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw error;
      // Some file systems have no hard links.
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function locked(path: string, other: Owner | undefined, does: string): FaissStoreError {
  return new FaissStoreError(
    "STORE_LOCKED",
    `Another writer ${does} (process ${other?.pid} on ${other?.host}, lock ${path}). ` +
      "Wait for it, or raise lockTimeout; remove the lock if no such writer exists.",
    { path, pid: other?.pid, host: other?.host },
  );
}

/** Removes a stale lock, but not a new one that has taken its place. */
async function removeStale(path: string, stale: Owner): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  if (moved && moved.token !== stale.token) await tryLink(aside, path);
  await rm(aside, { force: true });
}

/** Removes the drafts of writers that died while they waited for the lock. */
async function removeDrafts(directory: string): Promise<void> {
  for (const file of await readdir(directory)) {
    if (!file.startsWith(`${lockName}.`)) continue;
    const path = join(directory, file);
    const owner = await readOwner(path);
    if (owner && (await isGone(owner, path))) await rm(path, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return { token: "", pid: 0, started: "", host: "" };
  }
}

async function isGone(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    return Date.now() - mtimeMs > foreignLockLifetime;
  }
  if (!isProcessAlive(owner.pid)) return true;
  const started = await startOf(owner.pid);
  return started !== "" && started !== owner.started;
}

/**
 * The start time of a process in clock ticks since boot, field 22 of `/proc/<pid>/stat`; empty if
 * the system has no such file.
 */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
