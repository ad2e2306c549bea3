import { EmbeddingGemmaError, reasonOf } from "../../errors.ts";
import type { BackendOutput, Batch, RunOptions } from "../backend.ts";
import { ownFloats } from "../tensor-floats.ts";
import { ModelProcess } from "./model-process.ts";
import type { WorkerMessage } from "./worker-protocol.ts";

/**
 * A session in a process. If the process ends unexpectedly, a new one takes its place, and runs the
 * batch again, with a warning. A process that ends between two batches is replaced at the next.
 */
export class PooledSession {
  readonly #load: WorkerMessage;
  #process: ModelProcess | undefined;
  #isStopped = false;
  #isBroken = false;

  /** @param load - the message that makes a process load the model */
  constructor(load: WorkerMessage) {
    this.#load = load;
  }

  /** Whether no process can be started any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** @throws `WORKER_FAILED`; the error of the load */
  async start(): Promise<ModelProcess> {
    if (this.#isStopped) throw stoppedError();
    const process = new ModelProcess();
    this.#process = process;
    try {
      await process.call(this.#load);
      return process;
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  /**
   * Must not be called again before it has settled.
   *
   * @throws `WORKER_FAILED` if the process has ended twice; the error of the runtime
   */
  async run(batch: Batch, options: RunOptions | undefined): Promise<BackendOutput> {
    const message = { operation: "run", batch, options } as const;
    const process = await this.#living();
    const output = await process.call(message).catch(async (error: unknown) => {
      if (process.isAlive || this.#isStopped) throw error;
      return (await this.#living()).call(message);
    });
    const vectors = Object.entries(output).map(([name, numbers]) => [name, ownFloats(numbers)]);
    return Object.fromEntries(vectors) as BackendOutput;
  }

  /** Frees the model, then ends the process. */
  async dispose(): Promise<void> {
    // If the process has already ended, the model is freed.
    await this.#process?.call({ operation: "dispose" }).catch(() => {});
    await this.stop();
  }

  /** Ends the process, whatever it does. No other is started. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#process?.stop();
  }

  async #living(): Promise<ModelProcess> {
    const previous = this.#process;
    if (previous?.isAlive) return previous;
    try {
      const process = await this.start();
      previous?.warnOfReplacement();
      return process;
    } catch (error) {
      if (this.#isStopped) throw stoppedError();
      this.#isBroken = true;
      if (EmbeddingGemmaError.isInstance(error) && error.code === "WORKER_FAILED") throw error;
      throw new EmbeddingGemmaError(
        "WORKER_FAILED",
        "The process that runs the model ended, and a new one could not load the model: " +
          reasonOf(error),
        {},
        { cause: error },
      );
    }
  }
}

function stoppedError(): EmbeddingGemmaError {
  return new EmbeddingGemmaError("WORKER_FAILED", "The process that runs the model was stopped.");
}
