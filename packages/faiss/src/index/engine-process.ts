import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FaissStoreError } from "../errors.ts";
import type { Command, Reply } from "./protocol.ts";

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: FaissStoreError) => void;
}

const defaultEnvironment = {
  // Makes glibc give large blocks back: without it, what vectors pass through on their way stays as
  // large as the index itself.
  MALLOC_MMAP_THRESHOLD_: "262144",
  MALLOC_ARENA_MAX: "2",
  // FAISS's threads sleep while they wait. Spinning, they take the cores from everyone else, and
  // from each other.
  OMP_WAIT_POLICY: "passive",
};

/**
 * A process that has loaded `faiss-node`. It keeps its parent alive only while it owes an answer,
 * and ends with it.
 *
 * A process, not a thread: the addon crashes when two threads of one process load it, which nobody
 * can rule out who does not own the program; what FAISS aborts is then this process alone; and the
 * memory that the addon leaks is given back when it is replaced.
 */
export class EngineProcess {
  /**
   * Bytes that the addon has leaked: it never frees the copy of a query (`search` in `faiss.cc`).
   */
  leakedBytes = 0;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isAlive = true;
  #lastWords = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-2000);
    });
    child.on("message", (reply: Reply) => this.#settle(reply));
    child.on("error", (error) => this.#die(error.message));
    child.on("close", (code, signal) =>
      this.#die(`the process ended with ${signal ?? `exit code ${code}`}`),
    );
  }

  /**
   * @param faissNodePath - the resolved module
   * @param transferFolders - where a file of a megabyte may lie for milliseconds, best first; else
   * the system's folder for such
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
    await new Promise((resolve, reject) => engine.#pending.set(0, { resolve, reject }));
    return engine;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  async run<T>(command: Command): Promise<T> {
    if (!this.#isAlive) throw this.#failure(command.operation);
    const id = this.#nextId++;
    this.#hold();
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        this.#child.send({ id, ...command }, (error) => error && this.#die(error.message));
      })) as T;
    } catch (error) {
      throw FaissStoreError.isInstance(error) ? error : this.#failure(command.operation, error);
    } finally {
      if (command.operation === "search") this.leakedBytes += command.queries.byteLength;
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  #settle({ id, result, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#release();
    if (error === undefined) pending?.resolve(result);
    else
      pending?.reject(
        new FaissStoreError("ENGINE_FAILED", `FAISS refused the operation: ${error}`),
      );
  }

  #die(reason: string): void {
    this.#isAlive = false;
    const words = this.#lastWords.trim();
    this.#lastWords = words.includes(reason) ? words : `${reason}${words && `: ${words}`}`;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#release();
    for (const { reject } of pending) reject(this.#failure());
  }

  #failure(operation = "start", cause?: unknown): FaissStoreError {
    return new FaissStoreError(
      "ENGINE_FAILED",
      `The FAISS process died (${this.#lastWords}). The store itself is unharmed; if this repeats, use engine: "exact".`,
      { operation, isDead: true },
      { cause },
    );
  }

  #hold(): void {
    this.#child.ref();
    this.#child.channel?.ref();
  }

  #release(): void {
    this.#child.unref();
    this.#child.channel?.unref();
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
