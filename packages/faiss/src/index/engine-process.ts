import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FaissStoreError } from "../errors.ts";
import type { Command, Reply } from "./protocol.ts";
import { timeLimits } from "./time-limit.ts";

/** A request without an answer so far. */
interface Pending {
  name: string;
  index: number | undefined;
  timeLimit: number;
  /** Whether a caller still waits for the answer. */
  isAwaited: boolean;
  resolve: (result: unknown) => void;
  reject: (error: FaissStoreError) => void;
}

const defaultEnvironment = {
  // glibc returns freed blocks above this size to the system. Otherwise the memory that vectors
  // pass through stays allocated, and is as large as the index itself.
  MALLOC_MMAP_THRESHOLD_: "262144",
  MALLOC_ARENA_MAX: "2",
  // FAISS's threads sleep while they wait. Spinning threads would take CPU time from all other
  // programs, and from each other.
  OMP_WAIT_POLICY: "passive",
};

/** Timer ticks in a time limit, see `#restartClock`. */
const ticksPerLimit = 10;

/**
 * A child process that has loaded `faiss-node`. It ends when its parent ends, and keeps its parent
 * alive only while a caller waits for an answer.
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
  readonly #child: ChildProcess;
  /** By id, in the order in which the process answers. */
  readonly #pending = new Map<number, Pending>();
  #clock: NodeJS.Timeout | undefined;
  #nextId = 0;
  #stderr = "";
  #deathReason: string | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    // Only here: on a socket that is closed, each call adds a listener.
    (child.stderr as { unref?: () => void } | null)?.unref?.();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.on("error", (error) => this.#markDead(error.message));
    // Both together are the event "close", which Deno does not emit while stderr is unref'd.
    const allOutput = new Promise((resolve) => child.stderr?.once("close", resolve));
    child.once("exit", async (code, signal) => {
      await allOutput;
      this.#markDead(`the process ended with ${signal ?? `exit code ${code}`}`);
    });
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
      fork(programPath(), [faissNodePath, ...transferFolders], {
        execArgv: ["--expose-gc", "--max-semi-space-size=2"],
        env: { ...defaultEnvironment, ...process.env, NODE_OPTIONS: "" },
        serialization: "advanced",
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      }),
    );
    // The process sends one answer without a request: when it has loaded the addon.
    await engine.#expect({ name: "start", timeLimit: timeLimits.startMilliseconds });
    return engine;
  }

  get isAlive(): boolean {
    return this.#deathReason === undefined;
  }

  /**
   * @param timeLimit - milliseconds for the answer, counted from when all earlier requests have
   * been answered; the process is killed when they are over
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

  /** Rejects all pending requests for an index, except for a write, which completes. */
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
    else pending?.reject(new FaissStoreError("ENGINE_FAILED", `FAISS failed: ${error}. ${advice}`));
  }

  /**
   * Enforces the time limit of the oldest request. The time is counted in timer ticks: they stop
   * while this process is blocked or suspended, so the child is not killed for that.
   */
  #restartClock(): void {
    clearInterval(this.#clock);
    const [oldest] = this.#pending.values();
    if (!oldest) return;
    let ticksLeft = ticksPerLimit;
    this.#clock = setInterval(() => {
      if (--ticksLeft > 0) return;
      const seconds = Number((oldest.timeLimit / 1000).toPrecision(2));
      this.#markDead(`it did not answer ${JSON.stringify(oldest.name)} within ${seconds} s`);
      this.stop();
    }, oldest.timeLimit / ticksPerLimit).unref();
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
      `The FAISS process died (${this.#deathReason}). ${advice}`,
      { operation, isDead: true },
    );
  }

  #keepParentAlive(): void {
    const isAwaited = [...this.#pending.values()].some((pending) => pending.isAwaited);
    const method = isAwaited ? "ref" : "unref";
    this.#child[method]();
    this.#child.channel?.[method]?.(); // Bun does not have these methods, or need them.
  }
}

const advice = 'The store is intact. If this repeats, use engine: "builtin".';

/**
 * Path of the program of the child process.
 *
 * @throws Error if its file is not next to this module, or if this is a single executable
 * application
 */
function programPath(): string {
  // Bun and Deno have no module "node:sea": a static import of it would fail there.
  if (process.getBuiltinModule("node:sea")?.isSea())
    throw new Error("a single executable application cannot start another program.");
  const url = new URL("./faiss-process.mjs", import.meta.url);
  if (url.protocol === "file:" && existsSync(url)) return fileURLToPath(url);
  throw new Error(
    `${url.href} does not exist, because the bundler has left it out. Mark @embeddinggemma/faiss ` +
      "and faiss-node as external, to keep them out of the bundle.",
  );
}
