import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FaissStoreError } from "../errors.ts";
import type { Command, Reply } from "./protocol.ts";
import { timeLimits } from "./time-limit.ts";

/** A request that the process has not answered yet. */
interface Pending {
  name: string;
  index: number | undefined;
  timeLimit: number;
  /** Whether someone still waits for the answer. */
  isAwaited: boolean;
  resolve: (result: unknown) => void;
  reject: (error: FaissStoreError) => void;
}

const defaultEnvironment = {
  // Makes glibc give large blocks back. Otherwise the memory that vectors pass through stays as
  // large as the index itself.
  MALLOC_MMAP_THRESHOLD_: "262144",
  MALLOC_ARENA_MAX: "2",
  // FAISS's threads sleep while they wait. If they spin, they take the cores from everyone else,
  // and from each other.
  OMP_WAIT_POLICY: "passive",
};

/** A time limit is counted in so many steps, see `#restartClock`. */
const clockSteps = 10;

/**
 * A process that has loaded `faiss-node`. It keeps its parent alive only while someone waits for an
 * answer, and ends with it.
 *
 * It is a process and not a thread for three reasons. The addon crashes when two threads of one
 * process load it, and a library cannot rule that out. When FAISS aborts or hangs, only this
 * process dies. And replacing the process frees the memory that the addon leaks.
 */
export class EngineProcess {
  /**
   * Bytes that the addon has leaked: it never frees the copy of a query (`search` in `faiss.cc`).
   */
  leakedBytes = 0;
  readonly #child: ChildProcess;
  /** In the order in which the process answers. */
  readonly #pending = new Map<number, Pending>();
  #clock: NodeJS.Timeout | undefined;
  #nextId = 0;
  #stderr = "";
  #deathReason: string | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.on("error", (error) => this.#markDead(error.message));
    // Together, these are "close", which Deno does not emit here: it counts stderr, which is unref'd.
    const allOutput = new Promise((resolve) => child.stderr?.once("close", resolve));
    child.once("exit", async (code, signal) => {
      await allOutput;
      this.#markDead(`the process ended with ${signal ?? `exit code ${code}`}`);
    });
  }

  /**
   * @param faissNodePath - the resolved module
   * @param transferFolders - folders for temporary files of about a megabyte, best first; after
   * them the system's folder for temporary files is tried
   * @throws FaissStoreError `ENGINE_FAILED`
   */
  static async start(
    faissNodePath: string,
    transferFolders: readonly string[],
  ): Promise<EngineProcess> {
    const engine = new EngineProcess(
      fork(programPath(), [faissNodePath, ...transferFolders], {
        execArgv: ["--expose-gc", "--max-semi-space-size=2"],
        env: { ...defaultEnvironment, ...process.env, NODE_OPTIONS: "" },
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      }),
    );
    // The process sends an answer without a request once it has loaded the addon.
    await engine.#expect({ name: "start", timeLimit: timeLimits.startMilliseconds });
    return engine;
  }

  get isAlive(): boolean {
    return this.#deathReason === undefined;
  }

  /**
   * @param timeLimit - milliseconds from when the process has answered all requests before; after
   * that it is killed
   * @throws FaissStoreError `ENGINE_FAILED`
   */
  async run<T>(command: Command, timeLimit = timeLimits.minMilliseconds): Promise<T> {
    if (!this.isAlive) throw this.#failure(command.operation);
    const { operation, index } = command;
    const answer = this.#expect({ name: operation, index, timeLimit }, command);
    try {
      return (await answer) as T;
    } finally {
      if (operation === "search") this.leakedBytes += command.queries.byteLength;
    }
  }

  free(index: number): void {
    if (!this.isAlive) return;
    const timeLimit = timeLimits.minMilliseconds;
    const request = { name: "free", index, timeLimit, isAwaited: false };
    this.#expect(request, { operation: "free", index }).catch(() => {});
  }

  /** Requests for an index fail now, except for a write, which completes. */
  abandon(index: number): void {
    for (const pending of this.#pending.values()) {
      if (pending.index !== index || pending.name === "write") continue;
      pending.isAwaited = false;
      pending.reject(
        new FaissStoreError("ENGINE_FAILED", "The index was freed before FAISS answered."),
      );
    }
    this.#keepParentAlive();
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  /** Sends a command, if one is given, and waits for its answer. */
  #expect(
    request: Pick<Pending, "name" | "timeLimit"> & Partial<Pending>,
    command?: Command,
  ): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { index: undefined, isAwaited: true, ...request, resolve, reject });
      if (this.#pending.size === 1) this.#restartClock();
      this.#keepParentAlive();
      if (command)
        this.#child.send({ id, ...command }, (error) => error && this.#markDead(error.message));
    });
  }

  #settle({ id, result, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#restartClock();
    this.#keepParentAlive();
    if (error === undefined) pending?.resolve(result);
    else
      pending?.reject(
        new FaissStoreError("ENGINE_FAILED", `FAISS refused the operation: ${error}`),
      );
  }

  /**
   * Watches the oldest request. The time is counted in steps and not from a start time, so that the
   * process is not killed because this one was blocked or stopped meanwhile.
   */
  #restartClock(): void {
    clearInterval(this.#clock);
    const [oldest] = this.#pending.values();
    if (!oldest) return;
    let stepsLeft = clockSteps;
    this.#clock = setInterval(() => {
      if (--stepsLeft > 0) return;
      const seconds = Number((oldest.timeLimit / 1000).toPrecision(2));
      this.#markDead(`it did not answer ${JSON.stringify(oldest.name)} within ${seconds} s`);
      this.stop();
    }, oldest.timeLimit / clockSteps).unref();
  }

  #markDead(reason: string): void {
    if (!this.isAlive) return;
    const output = this.#stderr.trim();
    this.#deathReason = output.includes(reason) ? output : `${reason}${output && `: ${output}`}`;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#restartClock();
    this.#keepParentAlive();
    for (const { name, reject } of pending) reject(this.#failure(name));
  }

  #failure(operation: string): FaissStoreError {
    return new FaissStoreError(
      "ENGINE_FAILED",
      `The FAISS process died (${this.#deathReason}). The store is intact; ` +
        'if this repeats, use engine: "builtin".',
      { operation, isDead: true },
    );
  }

  #keepParentAlive(): void {
    const change = [...this.#pending.values()].some(({ isAwaited }) => isAwaited) ? "ref" : "unref";
    this.#child[change]();
    this.#child.channel?.[change]?.(); // Bun has no such method, and needs none
    (this.#child.stderr as { unref?: () => void } | null)?.unref?.();
  }
}

/**
 * Path of the program that the process runs.
 *
 * @throws Error if the program is not beside this module, or cannot run as a second program
 */
function programPath(): string {
  // Bun and Deno have no module "node:sea": a static import of it would fail there.
  if (process.getBuiltinModule("node:sea")?.isSea())
    throw new Error("a single executable application cannot run a second program.");
  const url = new URL("./faiss-process.mjs", import.meta.url);
  if (url.protocol === "file:" && existsSync(url)) return fileURLToPath(url);
  throw new Error(
    `${url.href} does not exist: the package was bundled without it. Keep @embeddinggemma/faiss ` +
      "and faiss-node out of the bundle, as external packages.",
  );
}
