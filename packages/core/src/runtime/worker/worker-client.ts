import { EmbeddingGemmaError, reasonOf } from "../../errors.ts";
import { unpackError } from "./packed-error.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import type { RequestMessage, ResponseMessage, WorkerRequests } from "./worker-protocol.ts";

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Asks the worker of one model. The process stays alive while requests are pending, as it would for
 * a model of its own.
 */
export class WorkerClient {
  /** Resolves when the worker has ended, other than by {@link WorkerClient.end}. */
  readonly lost: Promise<void>;
  readonly #channel: WorkerChannel;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: EmbeddingGemmaError | null = null;

  constructor(channel: WorkerChannel) {
    this.#channel = channel;
    channel.onMessage((message: ResponseMessage) => this.#settle(message));
    this.lost = new Promise((resolve) => {
      channel.onExit((exit, error) => {
        if (this.#ended) return;
        this.#fail(unexpectedEnd(exit, error));
        resolve();
      });
    });
  }

  /** @throws what was thrown in the worker; `WORKER_FAILED` where the worker ends or has ended */
  request<Name extends keyof WorkerRequests>(
    name: Name,
    argument: WorkerRequests[Name]["argument"],
  ): Promise<WorkerRequests[Name]["result"]> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const id = this.#nextId++;
      this.#channel.send({ id, name, argument } satisfies RequestMessage<Name>);
      this.#pending.set(id, { resolve, reject });
      this.#channel.keepAlive(true);
    }) as Promise<WorkerRequests[Name]["result"]>;
  }

  /** Ends the worker; pending and later requests fail. */
  async end(): Promise<void> {
    this.#fail(
      new EmbeddingGemmaError(
        "WORKER_FAILED",
        "The worker of the model was ended. Load the model again.",
      ),
    );
    await this.#channel.terminate();
  }

  #settle(message: ResponseMessage): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#channel.keepAlive(false);
    if ("error" in message) pending?.reject(unpackError(message.error));
    else pending?.resolve(message.result);
  }

  #fail(error: EmbeddingGemmaError): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function unexpectedEnd(exit: number | string | null, cause: unknown): EmbeddingGemmaError {
  const reason = cause ? reasonOf(cause) : `exit ${exit}`;
  return new EmbeddingGemmaError(
    "WORKER_FAILED",
    `The worker of the model ended unexpectedly: ${reason}. Dispose the embedder and load it again. ` +
      "If memory ran out, lower `maxBatchTokens`; if the file of the worker was not found, keep @embeddinggemma/core out of the bundle.",
    { exit },
    cause ? { cause } : undefined,
  );
}
