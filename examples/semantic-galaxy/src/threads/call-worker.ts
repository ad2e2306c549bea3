import type { Call, CallContext, Methods, Reply } from "./messages.ts";

export interface CallOptions<P> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: P) => void) | undefined;
  /** Buffers that the worker takes over. */
  readonly transfer?: Transferable[] | undefined;
}

type ArgumentOf<F> = F extends (argument: infer A, ...rest: never[]) => unknown ? A : never;
type ProgressOf<F> = F extends (argument: never, context: CallContext<infer P>) => unknown
  ? P
  : unknown;
type ResultOf<F> = F extends (...parameters: never[]) => infer R ? Awaited<R> : never;

/** An error of a worker, with the `code` that it had there. */
export class WorkerCallError extends Error {
  override readonly name: string;
  readonly code: string | undefined;

  constructor({ name, message, code }: { name: string; message: string; code?: string }) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** Calls the methods of a worker. */
export class WorkerCalls<M extends Methods> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => this.#receive(data));
    worker.addEventListener("error", (event) => {
      const message = event.message || "The worker could not be started.";
      this.#rejectAll(new WorkerCallError({ name: "Error", message, code: "WORKER_FAILED" }));
    });
  }

  /**
   * Ends the worker, which frees all of its memory.
   *
   * @param reason - what the calls under way are rejected with
   */
  terminate(reason: Error): void {
    this.#worker.terminate();
    this.#rejectAll(reason);
  }

  /** @throws WorkerCallError; the reason of the signal, at once */
  call<K extends keyof M & string>(
    method: K,
    argument: ArgumentOf<M[K]>,
    { signal, onProgress, transfer = [] }: CallOptions<ProgressOf<M[K]>> = {},
  ): Promise<ResultOf<M[K]>> {
    return new Promise<ResultOf<M[K]>>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const id = this.#nextId++;
      const abort = () => {
        this.#waiting.delete(id);
        this.#send({ abort: id });
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      const settle = (): void => signal?.removeEventListener("abort", abort);
      this.#waiting.set(id, {
        resolve(result) {
          settle();
          resolve(result as ResultOf<M[K]>);
        },
        reject(error) {
          settle();
          reject(error);
        },
        onProgress: onProgress as Waiting["onProgress"],
      });
      this.#send({ id, method, argument }, transfer);
    });
  }

  #send(call: Call, transfer: Transferable[] = []): void {
    this.#worker.postMessage(call, transfer);
  }

  #rejectAll(reason: Error): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #receive(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return; // given up
    if ("progress" in reply) {
      waiting.onProgress?.(reply.progress);
      return;
    }
    this.#waiting.delete(reply.id);
    if ("error" in reply) waiting.reject(new WorkerCallError(reply.error));
    else waiting.resolve(reply.result);
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: unknown) => void) | undefined;
}
