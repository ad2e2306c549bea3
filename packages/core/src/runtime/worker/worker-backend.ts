import type { Backend } from "../backend.ts";
import type { TokenizerFolder } from "../load-tokenizer.ts";
import type { TransformersBackendOptions } from "../transformers-backend.ts";
import { type ModelRunner, withTokenizer } from "../with-tokenizer.ts";
import { planSessions, type Workers } from "./plan-sessions.ts";
import { PooledSession } from "./pooled-session.ts";
import { resourcesFor } from "./resources.ts";
import { SessionPool } from "./session-pool.ts";

/**
 * Loads a model folder with Transformers.js in child processes, each with a session of its own.
 * Inference does not block the event loop, and a crash of the runtime ends only a child process.
 * The tokenizer is in this process: the children receive token ids.
 *
 * @param signal - an abort ends the processes
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`, `WORKER_FAILED`; the reason of `signal`
 */
export async function loadWorkerBackend(
  folder: TokenizerFolder,
  options: TransformersBackendOptions,
  workers: Workers,
  signal?: AbortSignal,
): Promise<Backend> {
  const plan = planSessions(workers, await resourcesFor(folder, options));
  signal?.throwIfAborted();
  const sessionWith = (threads: number | undefined) =>
    new PooledSession({
      operation: "load",
      folder: folder.path,
      options: withThreads(options, threads),
    });
  const pool = new SessionPool(
    plan.narrow.map(sessionWith),
    plan.hasWide ? sessionWith(undefined) : undefined,
  );
  const stop = () => void pool.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await withTokenizer(folder, options, runnerOf(pool));
  } catch (error) {
    await pool.stop();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function runnerOf(pool: SessionPool): Promise<ModelRunner> {
  await pool.start();
  return {
    concurrency: pool.concurrency,
    lost: pool.lost,
    run: (batch, options) => pool.run(batch, options),
    dispose: () => pool.dispose(),
  };
}

function withThreads(
  options: TransformersBackendOptions,
  threads: number | undefined,
): TransformersBackendOptions {
  if (threads === undefined) return options;
  return { ...options, sessionOptions: { ...options.sessionOptions, intraOpNumThreads: threads } };
}
