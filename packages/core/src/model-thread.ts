import { Worker } from "node:worker_threads";
import { EmbeddingGemmaError, reasonOf } from "./errors.ts";
import { unpackError } from "./packed-error.ts";
import type { RequestMessage, ResponseMessage, WorkerRequests } from "./worker-protocol.ts";

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * The worker thread of one model, seen from the main thread. It keeps the process alive while requests are pending, and not otherwise.
 */
export class ModelThread {
  /** Resolves when the thread has ended, other than by {@link ModelThread.end}. */
  readonly lost: Promise<void>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: EmbeddingGemmaError | null = null;
  #crash: unknown = null;

  constructor() {
    this.#worker = new Worker(workerFile(), { name: "embeddinggemma", execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (message: ResponseMessage) => this.#settle(message));
    this.#worker.on("error", (error) => {
      this.#crash = error;
    });
    this.lost = new Promise((resolve) => {
      this.#worker.on("exit", (exitCode) => {
        if (this.#ended) return;
        this.#fail(crashOf(exitCode, this.#crash));
        resolve();
      });
    });
  }

  /** @throws what was thrown in the thread; `WORKER_FAILED` where the thread ends or has ended. */
  request<Name extends keyof WorkerRequests>(
    name: Name,
    argument: WorkerRequests[Name]["argument"],
  ): Promise<WorkerRequests[Name]["result"]> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const id = this.#nextId++;
      this.#worker.postMessage({ id, name, argument } satisfies RequestMessage<Name>);
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
    }) as Promise<WorkerRequests[Name]["result"]>;
  }

  /** Ends the thread; pending and later requests fail. */
  async end(): Promise<void> {
    this.#fail(
      new EmbeddingGemmaError("WORKER_FAILED", "The worker thread of the model was ended. Load the model again."),
    );
    await this.#worker.terminate();
  }

  #settle(message: ResponseMessage): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("error" in message) pending?.reject(unpackError(message.error));
    else pending?.resolve(message.result);
  }

  #fail(error: EmbeddingGemmaError): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** Node 20 runs no TypeScript, so where this file runs from source, as in tests, the thread runs what was built from it. */
function workerFile(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  return new URL(fromSource ? "../dist/model-worker.js" : "./model-worker.js", import.meta.url);
}

function crashOf(exitCode: number, cause: unknown): EmbeddingGemmaError {
  const reason = cause ? reasonOf(cause) : `exit code ${exitCode}`;
  return new EmbeddingGemmaError(
    "WORKER_FAILED",
    `The worker thread of the model ended unexpectedly: ${reason}. Dispose the embedder and load it again. ` +
      "If memory ran out, lower `maxBatchTokens`; if the file of the worker is missing, keep @embeddinggemma/core out of the bundle.",
    { exitCode },
    cause ? { cause } : undefined,
  );
}
