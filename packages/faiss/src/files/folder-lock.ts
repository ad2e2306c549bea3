import { type LockFailure, withFolderLock as withLockOf } from "@embeddinggemma/internal/node";
import { FaissStoreError } from "../errors.ts";

/**
 * Runs a task while no other writer in any process uses the folder.
 *
 * @param timeout - how many milliseconds to wait for another writer
 * @param task - gets a function that throws if the lock is no longer held. Call it before a step
 * that cannot be undone
 * @throws FaissStoreError `STORE_LOCKED`
 */
export function withFolderLock<T>(
  directory: string,
  timeout: number,
  task: (checkHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  return withLockOf(directory, { timeout, errorFor: storeLocked }, task);
}

function storeLocked(failure: LockFailure): FaissStoreError {
  const { path, owner, isLost } = failure;
  const message = isLost ? takenOver(failure) : locked(failure);
  return new FaissStoreError("STORE_LOCKED", message, { path, pid: owner?.pid, host: owner?.host });
}

function locked({ description }: LockFailure): string {
  return (
    `Another writer is saving to this folder (${description}). ` +
    "Wait for it, or raise lockTimeout. If that process no longer runs, delete the lock file. " +
    "A lock from another machine or container is ignored when it is two minutes old."
  );
}

function takenOver({ path, owner, description }: LockFailure): string {
  const what = owner
    ? `now another writer has it (${description})`
    : `the lock file ${path} is gone`;
  return (
    `This save has lost its lock on the folder: ${what}. Another machine or container removes a ` +
    "lock that was not renewed for two minutes, for example of a suspended process. Nothing " +
    "was saved. Save again; if the other writer has saved meanwhile, you get STORE_CHANGED."
  );
}
