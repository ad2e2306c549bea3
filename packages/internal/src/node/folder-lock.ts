import { randomUUID } from "node:crypto";
import {
  constants,
  copyFile,
  link,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive } from "../process-alive.ts";
import { lockName } from "../store-files.ts";

/** Why a lock is not held. */
export interface LockFailure {
  /** Whether this process had it before. */
  readonly isLost: boolean;
  /** Of the lock file. */
  readonly path: string;
  /** Who has the lock, with a `pid` of 0 if that cannot be read; undefined if it is gone. */
  readonly owner: { readonly pid: number; readonly host: string } | undefined;
  /** Names the owner, if it is known, and the lock file. */
  readonly description: string;
}

interface LockOptions {
  /** How many milliseconds to wait for another writer. */
  readonly timeout: number;
  /** Makes the error of a lock that is not held. */
  readonly errorFor: (failure: LockFailure) => Error;
}

interface Owner {
  token: string;
  pid: number;
  /** When the process started, since a pid can be reused. Empty if the system does not tell. */
  started: string;
  host: string;
  /**
   * In which of the host's sets of processes the pid counts, see {@link processSpace}. Locks of
   * release 0.1 lack it.
   */
  space?: string;
}

/** Milliseconds between two updates of the modification time of a held lock. */
const heartbeatInterval = 5_000;

/**
 * A lock of another machine or container is stale if it was not updated for this many milliseconds.
 */
const foreignLockLifetime = 120_000;

/**
 * Runs a task while no other writer in any process uses the folder of a store. Removes the lock of
 * a process that has died.
 *
 * @param task - gets a function that throws if the lock is no longer held. Call it before a step
 * that cannot be undone: while this process was suspended, another machine may have removed its
 * lock
 * @throws what `errorFor` makes, if another writer takes too long, or if the lock is lost
 */
export async function withFolderLock<T>(
  directory: string,
  options: LockOptions,
  task: (checkHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const path = join(directory, lockName);
  const owner: Owner = {
    token: randomUUID(),
    pid: process.pid,
    started: await startOf(process.pid),
    host: hostname(),
    space: await processSpace(),
  };
  await acquire(path, owner, options);
  const heartbeat = setInterval(
    () => utimes(path, new Date(), new Date()).catch(() => {}),
    heartbeatInterval,
  );
  try {
    await removeOrphans(directory);
    return await task(async () => {
      const current = await readOwner(path);
      if (current?.token !== owner.token)
        throw options.errorFor(failureOf(path, current, { isLost: true }));
    });
  } finally {
    clearInterval(heartbeat);
    if ((await readOwner(path))?.token === owner.token) await rm(path, { force: true });
  }
}

async function acquire(
  path: string,
  owner: Owner,
  { timeout, errorFor }: LockOptions,
): Promise<void> {
  // A link makes the lock appear together with its content. Otherwise a process that dies in
  // between would leave a lock without an owner.
  const temporary = `${path}.${owner.token}`;
  await writeFile(temporary, JSON.stringify(owner), { flag: "wx" });
  try {
    for (const deadline = Date.now() + timeout; ; ) {
      if (await tryLink(temporary, path)) return;
      const other = await readOwner(path);
      if (other && (await isGone(other, path))) await removeStale(path, other);
      else if (Date.now() >= deadline) throw errorFor(failureOf(path, other, { isLost: false }));
      else await sleep(5 + Math.random() * 20);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @returns whether the lock was free */
async function tryLink(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw error;
      // Some file systems have no hard links.
      return copyFile(temporary, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function failureOf(
  path: string,
  owner: Owner | undefined,
  { isLost }: { isLost: boolean },
): LockFailure {
  // The lock may have been removed or damaged since.
  const who = owner?.pid ? `process ${owner.pid} on ${owner.host}, ` : "";
  return { isLost, path, owner, description: `${who}lock file ${path}` };
}

/** Removes a stale lock, but not a new one that has replaced it. */
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

/** Removes the temporary files of writers that died while they waited for the lock. */
async function removeOrphans(directory: string): Promise<void> {
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
  const space = await processSpace();
  // The pid of another container says nothing here, even if the host name is the same.
  if (owner.host !== hostname() || (owner.space ?? space) !== space) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    return Date.now() - mtimeMs > foreignLockLifetime;
  }
  if (!isProcessAlive(owner.pid)) return true;
  const started = await startOf(owner.pid);
  return started !== "" && started !== owner.started;
}

/**
 * When a process started, in clock ticks since boot: field 22 of `/proc/<pid>/stat`. Empty if the
 * system has no such file.
 */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/**
 * Identifies the processes that this process can see: the boot of the kernel, and the PID namespace
 * in which containers number their processes. Empty on systems without `/proc`.
 *
 * @see https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
async function processSpace(): Promise<string> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return boot.trim() + namespace;
}
