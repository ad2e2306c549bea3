import { bundleUrl, WorkerProcess } from "@embeddinggemma/internal/node";
import { FaissStoreError } from "../errors.ts";
import type { Command } from "./protocol.ts";
import { timeLimits } from "./time-limit.ts";

const defaultEnvironment = {
  // glibc returns freed blocks above this size to the system. Otherwise the memory that vectors
  // pass through stays allocated, and is as large as the index itself.
  MALLOC_MMAP_THRESHOLD_: "262144",
  MALLOC_ARENA_MAX: "2",
  // FAISS's threads sleep while they wait. Spinning threads would take CPU time from all other
  // programs, and from each other.
  OMP_WAIT_POLICY: "passive",
};

/**
 * A child process that has loaded `faiss-node`.
 *
 * Why a process and not a thread: the addon crashes if two threads of one process load it, which a
 * library cannot prevent. If FAISS aborts or hangs, only the child process dies. And replacing the
 * process frees the memory that the addon leaks.
 */
export class EngineProcess {
  /**
   * Bytes that the addon has leaked: it never frees its copy of a query (`search` in `faiss.cc`).
   */
  leakedBytes = 0;
  readonly #worker: WorkerProcess<Command>;

  private constructor(worker: WorkerProcess<Command>) {
    this.#worker = worker;
  }

  /**
   * @param faissNodePath - path of the resolved module
   * @param transferFolders - folders for temporary files of about 1 MB, the preferred one first; if
   * none of them can be written, the system's temporary folder is used
   * @throws FaissStoreError `ENGINE_FAILED`
   */
  static async start(
    faissNodePath: string,
    transferFolders: readonly string[],
  ): Promise<EngineProcess> {
    const engine = new EngineProcess(
      new WorkerProcess(programUrl(), {
        args: [faissNodePath, ...transferFolders],
        execArgv: ["--expose-gc", "--max-semi-space-size=2"],
        env: { ...defaultEnvironment, ...process.env, NODE_OPTIONS: nodeOptions() },
        programName: "faiss-process.mjs",
        forwardsOutput: false,
        endedError: ({ reason }, operation) =>
          new FaissStoreError("ENGINE_FAILED", `The FAISS process ${reason}. ${advice}`, {
            operation,
            reason: `The FAISS process ${reason}`,
          }),
        answeredError: (error) =>
          new FaissStoreError("ENGINE_FAILED", `FAISS failed: ${error}. ${advice}`, {
            reason: String(error),
          }),
      }),
    );
    try {
      await engine.run({ operation: "start" }, timeLimits.startMilliseconds);
    } catch (error) {
      engine.stop();
      throw error;
    }
    return engine;
  }

  get isAlive(): boolean {
    return this.#worker.isAlive;
  }

  /**
   * @param timeLimit - milliseconds for the answer, counted from when all earlier requests have
   * been answered; the process is killed when they are over
   * @throws FaissStoreError `ENGINE_FAILED`
   */
  async run<T>(command: Command, timeLimit = timeLimits.minMilliseconds): Promise<T> {
    if (command.operation !== "search") return this.#worker.request<T>(command, { timeLimit });
    try {
      return await this.#worker.request<T>(command, { timeLimit });
    } finally {
      this.leakedBytes += command.queries.byteLength;
    }
  }

  free(index: number): void {
    const options = { timeLimit: timeLimits.minMilliseconds, isAwaited: false };
    this.#worker.request({ operation: "free", index }, options).catch(() => {});
  }

  /** Rejects all pending requests for an index, except for a write, which completes. */
  abandon(index: number): void {
    this.#worker.abandon(
      (command) => "index" in command && command.index === index && command.operation !== "write",
      new FaissStoreError("ENGINE_FAILED", "The index was freed before FAISS answered."),
    );
  }

  stop(): void {
    void this.#worker.stop();
  }
}

function programUrl(): URL {
  const code: string | undefined = import.meta.url;
  return code === undefined
    ? new URL("faiss-process.mjs", bundleUrl())
    : new URL("./faiss-process.mjs", import.meta.url);
}

/** None, except under Yarn Plug'n'Play, which finds the packages that `faiss-node` needs. */
function nodeOptions(): string {
  return process.versions.pnp ? (process.env.NODE_OPTIONS ?? "") : "";
}

const advice = 'The store is intact. If this repeats, use engine: "builtin".';
